import { html } from "htm/preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { explainAccount } from "../../live/refusals.js";
import { deviceName } from "./device.js";
import { Frame } from "./frame.js";
import { LoginForm } from "./login_form.js";

/** @typedef {{id: string, device: string, address: string, last_used_at: string, current: boolean}} Device */

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Where this account is signed in, each with a way out; for nobody, the way in. */
export function SessionsPage() {
  const { session, renewal } = useLive();
  if (session.user.value) return html`<${Frame} title="Your devices" wide><${Devices} key=${session.user.value.id} /><//>`;
  if (renewal.recalling.value) return html`<${Frame} title="Your devices" wide />`;
  return html`<${Frame} title="Sign in to see your devices"><${LoginForm} /><//>`;
}

function Devices() {
  const { api, account, renewal } = useLive();
  const [devices, setDevices] = useState(/** @type {Device[] | null} */ (null));
  const [problem, setProblem] = useState("");

  const load = useCallback(async () => {
    try {
      setDevices((await api.get("/api/auth/sessions", await renewal.present())).items);
      setProblem("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(error.code === "not_authenticated" ? "Your sign-in could not be proven. Try again." : explainAccount(error));
    }
  }, [api, renewal]);
  useEffect(() => void load(), [load]);

  /** @param {Device} device */
  const end = async ({ id, current }) => {
    if (current) return account.signOut();
    await api.delete(`/api/auth/sessions/${id}`, await renewal.present()).catch(() => {}); // what came of it, the list tells
    return load();
  };

  return html`
    <p class="desk-soft">You are signed in on these devices. If you do not know one, sign out there and <a href="/forgot-password">choose a new password</a>.</p>
    ${problem && html`<p class="form-problem" role="alert">${problem}</p><button type="button" class="button button-quiet" onClick=${load}>Try again</button>`}
    <ul class="devices" aria-busy=${devices === null}>
      ${devices?.map((device) => html`<${DeviceRow} key=${device.id} device=${device} onEnd=${() => end(device)} />`)}
    </ul>
    ${devices && devices.length > 1 && html`<button type="button" class="button button-quiet" onClick=${() => account.signOut({ everywhere: true })}>Sign out everywhere</button>`}
  `;
}

/** @param {{device: Device, onEnd: () => void}} props */
function DeviceRow({ device, onEnd }) {
  const name = deviceName(device.device);
  return html`<li class="device" data-current=${device.current ? "" : null}>
    <div class="device-words">
      <p class="device-name">${name}${device.current && html` <span class="device-here">this device</span>`}</p>
      <p class="device-use figures">Last used ${when.format(new Date(device.last_used_at))} <span>· ${device.address}</span></p>
    </div>
    <button type="button" class="button button-text" onClick=${onEnd} aria-label=${`Sign out ${name}`}>Sign out</button>
  </li>`;
}
