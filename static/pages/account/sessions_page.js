import { html } from "htm/preact";
import { Ago } from "../../components/ago.js";
import { useAnswer } from "../../components/answer.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Answered } from "../../components/states.js";
import { Tag } from "../../components/status.js";
import { ApiError } from "../../live/api.js";
import { explainAccount } from "../../live/refusals.js";
import { AccountPage } from "./account_page.js";
import { deviceName, isHandheld } from "./device.js";

/** @typedef {{id: string, device: string, address: string, created_at: string, last_used_at: string, current: boolean}} Device */

/** Where this account is signed in, each with a way out; for nobody, the way in. */
export function SessionsPage() {
  const lead = html`You are signed in on these. If you do not know one, sign it out and <a href="/account/password">choose a new password</a>.`;
  return html`<${AccountPage} title="Your devices" lead=${lead}>${() => html`<${Devices} />`}<//>`;
}

function Devices() {
  const { account, mine, notices } = useLive();
  const answer = useAnswer("/api/auth/sessions");

  /** @param {Device} device */
  const end = async ({ id, current, device }) => {
    if (current) return account.signOut();
    try {
      await mine.delete(`/api/auth/sessions/${id}`); // it stays in the list until it really can do nothing more
      notices.say(`${deviceName(device)} is signed out.`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== "not_found") notices.tell({ tone: "error", title: explainAccount(error) });
    }
    return answer.reload();
  };

  /** @param {Device[]} others */
  const endAll = async (others) => {
    try {
      for (const { id } of others) await mine.delete(`/api/auth/sessions/${id}`).catch(unlessGone);
      notices.say("All other devices are signed out.");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notices.tell({ tone: "error", title: explainAccount(error) });
    }
    return answer.reload();
  };

  return html`<${Answered} answer=${answer} rows=${2}>${(/** @type {{items: Device[]}} */ { items }) => html`
    <ul class="panel devices">${items.map((device) => html`<${DeviceRow} key=${device.id} device=${device} onEnd=${() => end(device)} />`)}</ul>
    ${items.length > 1 && html`<div class="page-actions"><button type="button" class="button button-quiet" onClick=${() => endAll(items.filter(({ current }) => !current))}>Sign out all others</button><button type="button" class="button button-quiet" onClick=${() => account.signOut({ everywhere: true })}>Sign out everywhere</button></div>`}
  `}<//>`;
}

/** One that has ended meanwhile is signed out as well. @param {unknown} error */
function unlessGone(error) {
  if (!(error instanceof ApiError) || error.code !== "not_found") throw error;
}

/** @param {{device: Device, onEnd: () => void}} props */
function DeviceRow({ device, onEnd }) {
  const name = deviceName(device.device);
  return html`<li class="device" data-current=${device.current ? "" : null}>
    <span class="row-icon"><${Icon} name=${isHandheld(device.device) ? "phone" : "screen"} /></span>
    <div class="device-words">
      <p class="device-name">${name} ${device.current && html`<${Tag} tone="held">this device<//>`}</p>
      <p class="device-use">Last used <${Ago} at=${device.last_used_at} /> <span>· ${device.address}</span></p>
    </div>
    <button type="button" class="button button-text" onClick=${onEnd} aria-label=${`Sign out ${name}`}>Sign out</button>
  </li>`;
}
