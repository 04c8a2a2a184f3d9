export { WorklistPage } from "./worklist_page.js";
