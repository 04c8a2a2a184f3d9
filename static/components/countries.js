/** ISO 3166-1 alpha-2, all that are officially assigned; the server takes the same (`models/countries.py`). */
const CODES =
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
  "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO " +
  "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE " +
  "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO " +
  "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW " +
  "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM " +
  "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

const names = new Intl.DisplayNames(undefined, { type: "region" });
const order = new Intl.Collator().compare;

/** @type {[string, string][] | undefined} */
let sorted;

/** A country's name in the reader's language. @param {string} code */
export function countryName(code) {
  try {
    return names.of(code) ?? code;
  } catch {
    return code; // an order of long ago may have anything there
  }
}

/** Every country, as a select wants them: by name in the reader's language. @returns {[string, string][]} */
export function countries() {
  sorted ??= CODES.split(" ").map((code) => /** @type {[string, string]} */ ([code, countryName(code)])).sort(([, one], [, other]) => order(one, other));
  return sorted;
}

/** The country that a reader is likely in, by what their browser speaks; empty where it does not say. */
export function likelyCountry() {
  const region = navigator.languages.map((language) => new Intl.Locale(language).region).find(Boolean) ?? "";
  return CODES.includes(region) ? region : "";
}
