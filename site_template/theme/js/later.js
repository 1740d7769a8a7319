// @ts-check
import { byId } from "./element.js";
import { reachTooltip, returnFromSearch } from "./focus_path.js";
import { sayIgnored } from "./ignored.js";
import { speak } from "./spoken.js";

// What a dashboard needs soon after it is shown.
import("./retry.js").catch(() => undefined);
speak(byId("dashboard"));
reachTooltip();
returnFromSearch();
sayIgnored();
