import { describe, expect, test } from "vitest";
import { kindIn } from "../src/panels/incident/proposal";

const SAID: readonly (readonly [string, string | null])[] = [
  // calls for help, whatever lies behind them
  ["VHF 16, weak: MAYDAY, small fishing boat, engine failed, adrift since about two hours", "distress"],
  ["VHF16、弱い受信:MAYDAY、小型漁船、機関故障、約2時間漂流、乗員3名", "distress"],
  ["VHF 16,訊號微弱:MAYDAY,小型漁船,主機故障,漂流約兩小時", "distress"],
  ["ＭＡＹＤＡＹ受信。", "distress"],
  ["EPIRB 406 MHz, 25-31.2N 123-48.7E", "distress"],
  ["Engine room fire, crew of 14 mustered", "distress"],
  ["機関室で火災発生", "distress"],
  ["漁船失火,船員棄船", "distress"],
  ["Man overboard off Yonaguni", "distress"],
  ["MOB reported by MV Asagao", "distress"],
  ["船員1名が海中転落", "distress"],
  ["船員一名落海", "distress"],
  ["Yacht capsized, two persons in the water", "distress"],
  ["MEDEVAC requested, chief engineer unconscious", "distress"],
  ["船員心臟病,請求醫療後送", "distress"],
  ["Ferry collided with fishing vessel", "collision"],
  ["コンテナ船と漁船が衝突", "collision"],
  ["貨輪與漁船碰撞", "collision"],
  ["Cargo ship not under command, drifting NE at 2 kn", "drifting"],
  ["貨物船、機関故障により漂流中", "drifting"],
  ["貨輪主機故障,漂流中", "drifting"],
  ["Submarine cable alarm, segment 3", "cable"],
  ["Vessel at anchor over the cable, cable fault at 0312Z", "cable"],
  ["海底ケーブル障害の連絡あり", "cable"],
  ["海纜障礙通報", "cable"],
  ["Fishing vessel overdue since yesterday", "missing"],
  ["漁船と連絡が取れない", "missing"],
  ["漁船失聯", "missing"],
  ["Near miss between ferry and tug", "encounter"],
  ["Risk of collision, both altered course", "encounter"],
  ["タンカー同士の異常接近", "encounter"],
  ["兩船有碰撞危機", "encounter"],
  ["Coaster aground on the reef", "other"],
  // nothing is proposed for what is not known, denied, over or something else
  ["Grey hull heading south, no AIS", null],
  ["Passed 3 cables north of the buoy", null],
  ["MAYDAY cancelled by coast station", null],
  ["EPIRB: false alarm, owner confirms", null],
  ["遭難信号は誤発射と確認", null],
  ["Fire drill on board, 30 minutes", null],
  ["No fire, no collision seen", null],
  ["火災なし、浸水なし", null],
  ["未碰撞,無火災", null],
  ["Navy opened fire at a target, range 4", null],
  ["", null],
];

describe("the kind of a case from the words of an entry", () => {
  test.each(SAID)("%s", (text, kind) => expect(kindIn(text)).toBe(kind));
});
