// The counter's talk with the server: questions are asked at once, gestures wait in this device until they are answered.
// A gesture carries its own key, so sending it again after a lost answer is answered again and done once.
const counter = (() => {
  const STORE = "chengxin-kiosk";
  const kept = { token: "", turn: null, basket: [], holder: null, kit: "", loan: null, waiting: [], ...JSON.parse(localStorage.getItem(STORE) || "{}") };
  const keep = () => localStorage.setItem(STORE, JSON.stringify(kept));

  const PATIENCE = 8000; // ms; a network that swallows a question is no network, and a gesture sent again is done once
  const ask = async (path, body) => {
    const headers = { Accept: "application/json", Authorization: `Bearer ${kept.token}` };
    if (body) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(`/api/v1/counter/${path}`, { method: body ? "POST" : "GET", headers, body: body ? JSON.stringify(body) : undefined, signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      return { offline: true };
    }
    const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (answer.status >= 500) return { offline: true };
    return answer.ok ? { told } : { refused: told.detail || "没有办理，请重试。", code: told.code, status: answer.status };
  };

  const enqueue = (kind, body) => { kept.waiting.push({ kind, body: { ...body, key: crypto.randomUUID() } }); keep(); };

  let running = false;
  const flush = async (settled) => {
    if (running) return;
    running = true;
    try {
      while (kept.waiting.length) {
        const [gesture] = kept.waiting;
        const answer = await ask(gesture.kind, gesture.body);
        if (answer.offline) { settled(null); setTimeout(() => flush(settled), 2000); return; }
        kept.waiting.shift();
        keep();
        settled(gesture, answer);
      }
    } finally { running = false; }
  };
  return { kept, keep, ask, enqueue, flush };
})();
