// Uploads by the tus protocol: each file goes on where it stopped, after a lost line, a closed page or a restarted server.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-uploads]"), list = place.querySelector("[data-list]");
  const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const said = (error) => { try { return JSON.parse(error.originalResponse.getBody()).detail; } catch { return "没有网络或服务器没有应答，稍后会自动再试；也可以重新选择同一文件续传。"; } };

  const begin = (file) => {
    const line = make("li", ""), state = make("span", "准备"), bar = make("progress", "", { max: 1, value: 0, ariaLabel: file.name });
    line.append(make("span", file.name, { className: "name" }), state, bar);
    list.append(line);
    if (file.size > Number(place.dataset.most)) { state.textContent = "文件过大"; return; }
    const upload = new tus.Upload(file, {
      endpoint: place.dataset.uploads,
      headers: { "X-CSRFToken": place.dataset.token },
      metadata: { filename: file.name, station: document.getElementById("station").value || "网页上传", local_id: `${file.name}/${file.size}/${file.lastModified}` },
      chunkSize: 32 * 1024 * 1024,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
      removeFingerprintOnSuccess: true,
      onProgress: (sent, total) => { bar.value = sent / total; state.textContent = `${Math.floor((sent / total) * 100)}%`; },
      onError: (error) => { state.textContent = said(error); line.classList.add("tone-bad"); },
      onSuccess: async () => {
        const answer = await fetch(upload.url, { headers: { Accept: "application/json" } });
        const told = answer.ok ? await answer.json() : {};
        bar.value = 1;
        state.textContent = told.kept ? `已入库 ${told.receipt.content.recording}，摘要已核对` : "已上传，正在核对";
      },
    });
    upload.findPreviousUploads().then((earlier) => { if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]); upload.start(); });
  };
  place.querySelector("#files").addEventListener("change", (event) => { for (const file of event.target.files) begin(file); event.target.value = ""; });
});
