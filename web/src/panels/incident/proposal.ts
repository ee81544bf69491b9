/**
 * What kind of case the words of an entry speak of: a proposal, for an officer to confirm. Words of the trade in the three
 * languages, whatever language the page has. Words that are not known, are denied, or call the matter off propose nothing.
 */
import type { IncidentKind } from "../../api/incidents";

/** In this order: what calls for help at once stands before what may only lie behind it. */
const WORDS: readonly (readonly [IncidentKind, RegExp])[] = [
  ["distress", /\bmayday\b|\bs\.?o\.?s\b|\bepirb\b|\bdistress (?:call|alert|signal|flare|message)|\bin distress\b|メーデー|メイデー|遭難|救難信号|求救|遇險|遇难|遇難/],
  ["distress", /\bm\.?o\.?b\b|\b(?:man|person|crew(?: ?member)?) overboard\b|\bfell overboard\b|\b(?:man|men|person|persons|people|crew|survivors?) in the water\b|落水|落海|海中転落|海に(?:転落|落)/],
  ["collision", /\bcollision with\b|\bcollided\b|(?<!near[- ]|risk of |avoid(?:ing|ed)? )\bcollision\b(?! avoid| risk| regulation)|\brammed\b|\ballision\b|衝突(?!の?(?:おそれ|恐れ|危険|予防|回避))|碰撞(?!(?:之虞|危機|危險|風險|規則))|相撞|擦撞/],
  ["distress", /(?<!open(?:ed|ing) |live[- ])\bfire\b(?![- ]?(?:drill|pump|control|fighting exercise))|\bablaze\b|\bexplosion\b|\bexploded\b|火災|火事|出火|炎上|爆発|失火|起火|火警|著火|爆炸/],
  ["distress", /\bsinking\b|\bsank\b|\bcapsiz|\bfoundering\b|\btaking (?:on )?water\b|\bflooding\b|\babandon(?:ing|ed)? ship\b|\blife ?raft\b|沈没|転覆|浸水|退船|救命いかだ|沉沒|沉没|下沉|翻覆|進水|棄船|救生筏/],
  ["distress", /\bmedevac\b|\bmedical (?:emergency|evacuation)\b|\bunconscious\b|\bheart attack\b|\bsevere bleeding\b|急病人?|意識不明|心肺停止|重傷|昏迷|心臟病|傷病後送|醫療後送/],
  ["cable", /\b(?:submarine|undersea|subsea|telecom\w*|power|fib(?:re|er)(?:[- ]optic)?) cable\b|\bcable (?:break|broken|cut|damage|fault|alarm|outage|severed)|海底ケーブル|ケーブル(?:の)?(?:障害|切断|損傷)|海纜|海底電纜|電纜(?:中斷|斷裂|受損|故障)/],
  ["drifting", /\badrift\b|\bdrifting\b|\bnot under command\b|\bn\.?u\.?c\b|\b(?:engine|machinery|propulsion|steering)(?: gear)? (?:has )?(?:fail(?:ed|ure)|breakdown|broke)|\b(?:lost|loss of|no) (?:propulsion|power|steering)\b|\bdragging anchor\b|漂流|運転不自由|航行不能|機関故障|機関停止|操舵不能|舵故障|走錨|失去動力|主機故障|機械故障|操縱失靈|舵機故障/],
  ["missing", /\boverdue\b|\bmissing\b|\blost contact\b|\bno contact (?:since|with)\b|\bunaccounted\b|行方不明|消息不明|音信不通|連絡が?(?:取れ|とれ|つか)ない|連絡途絶|未帰港|失聯|失聯絡|失蹤|失踪|逾時未(?:歸|返|到)|無法聯繫/],
  ["encounter", /\bnear[- ](?:miss|collision)\b|\bclose quarters\b|\brisk of collision\b|\bunsafe (?:man(?:o?eu|eu)ver|approach)|異常接近|衝突の?(?:おそれ|恐れ|危険)|ニアミス|近距離遭遇|險些碰撞|碰撞(?:之虞|危機|危險|風險)/],
  ["other", /\bmedico\b|\bmedical (?:advice|assistance|help)\b|\baground\b|\bgrounding\b|\boil (?:spill|slick)\b|\bpollution\b|乗揚|座礁|油流出|医療助言|擱淺|油污|醫療諮詢/],
]; // prettier-ignore

/** It is over, it never was, or it is practised with nothing behind it. */
const OFF = /\bfalse (?:alarm|alert)\b|\b(?:mayday|distress|alert|seelonce) (?:cancel\w*|feenee|ended|over)\b|\bcancel(?:l?ed|s)? (?:the )?(?:mayday|distress)|誤発射|誤報|誤作動|遭難(?:通信)?(?:終了|解除|取消)|誤觸|誤發|(?:警報|求救|遇險)(?:解除|取消)/;
const DENIED_BEFORE = /(?:\bno|\bnot a|\bnot in|\bnot|\bwithout|\bnever|\bno sign of|\bno report of|無|未|沒有|並無|非)\s*(?:any )?$/;
const DENIED_AFTER = /^\s*(?:は|の(?:おそれ|恐れ)は?|等は?)?\s*(?:な[いしく]|無[いし]|ありません|認めず|せず|していない)/;

/** The kind that a text speaks of; null where it says none that we know. */
export function kindIn(text: string): IncidentKind | null {
  const plain = text.normalize("NFKC").toLowerCase();
  if (OFF.test(plain)) return null;
  for (const [kind, words] of WORDS)
    for (const found of plain.matchAll(new RegExp(words.source, "g")))
      if (!DENIED_BEFORE.test(plain.slice(0, found.index)) && !DENIED_AFTER.test(plain.slice(found.index + found[0].length))) return kind;
  return null;
}
