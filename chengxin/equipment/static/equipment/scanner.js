// Reading codes: a scan gun types and ends with Enter; a camera is read by the browser's own detector where it has one.
const scanner = (() => {
  let audio;
  const beep = (good) => {
    try {
      audio ||= new AudioContext();
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.type = good ? "sine" : "square";
      tone.frequency.value = good ? 1200 : 180;
      volume.gain.value = good ? 0.08 : 0.2;
      tone.connect(volume).connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + (good ? 0.08 : 0.45));
    } catch { /* no sound device: the page shows it as well */ }
  };

  const watch = (video, found) => {
    const detector = new BarcodeDetector({ formats: ["qr_code", "code_128"] });
    let last = "", at = 0;
    const look = async () => {
      if (video.hidden) return;
      const codes = await detector.detect(video).catch(() => []);
      for (const { rawValue } of codes) {
        if (rawValue === last && Date.now() - at < 2500) continue; // the same label held before the camera is one scan
        last = rawValue; at = Date.now();
        found(rawValue);
      }
      setTimeout(look, 150);
    };
    look();
  };

  // one scan is answered before the next is looked at, however fast the gun: a card's item must not overtake the card
  const inOrder = (found) => {
    let last = Promise.resolve();
    return (code) => { last = last.then(() => found(code)).catch((error) => console.error(error)); };
  };

  const attach = (place, answered, say) => {
    const found = inOrder(answered);
    const form = place.querySelector("[data-scan-form]"), input = form.querySelector("input");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const code = input.value.trim();
      input.value = "";
      input.focus();
      if (code) found(code);
    });
    place.querySelector("[data-camera]").addEventListener("click", async () => {
      const video = place.querySelector("[data-video]");
      if (!video.hidden) { video.srcObject?.getTracks().forEach((track) => track.stop()); video.hidden = true; return; }
      if (!("BarcodeDetector" in window)) { say("这个浏览器不能用相机识别，请用扫码枪或输入编号。", false); return; }
      try {
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.hidden = false;
        await video.play();
        watch(video, found);
      } catch { say("没有打开相机：请允许使用相机，或用扫码枪。", false); }
    });
    return input;
  };
  return { beep, attach };
})();
