// Logging in and setting up, for installations whose web page was not built; no other file is needed.
const texts = {
  ja: { user: "ユーザー名", password: "パスワード", newPassword: "パスワード（12文字以上）", login: "ログイン", make: "設定する", first: "最初の管理者" },
  "zh-TW": { user: "使用者名稱", password: "密碼", newPassword: "密碼（至少 12 個字元）", login: "登入", make: "設定", first: "第一位管理員" },
};
const language = navigator.languages.map((l) => (l.startsWith("ja") ? "ja" : /^zh-(TW|Hant|HK)/.test(l) ? "zh-TW" : l.startsWith("en") ? "en" : "")).find(Boolean);
if (texts[language]) {
  document.documentElement.lang = language;
  for (const part of document.querySelectorAll("[data-text]")) part.textContent = texts[language][part.dataset.text] ?? part.textContent;
}
const query = new URLSearchParams(location.search);
const said = document.getElementById("said");
const form = document.getElementById("form");
fetch("/api/entry").then((r) => r.json()).then((about) => {
  document.getElementById("marking").textContent = about.marking;
  const other = document.getElementById("oidc");
  if (other && about.oidc) { other.hidden = false; other.textContent = about.oidc; }
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  said.textContent = "";
  const body = { user: form.user.value, password: form.password.value };
  if (query.get("token")) body.token = query.get("token");
  try {
    const answer = await fetch(form.dataset.to, { method: "POST", headers: { "content-type": "application/json", "x-kizuna": "1" }, body: JSON.stringify(body) });
    if (!answer.ok) { said.textContent = (await answer.json()).detail || answer.statusText; return; }
    const next = query.get("next") ?? "/";
    location.replace(/^\/(?![/\\])/.test(next) ? next : "/");
  } catch { said.textContent = "The node does not answer."; }
});
