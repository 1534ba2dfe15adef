// How programs in TypeScript use this package: it has to compile, and what is marked as an error has to be one.
import { Edgewise, EdgewiseRefusal, load, type Answer, type Mistake, type Plan } from "../../edgewise.js";

const edgewise: Edgewise = await load(new Uint8Array(5), { trust: "{}", channel: "production", now: () => 5 });

const answer: Answer = edgewise.decide({ context: { geo: { country: "DE" } }, consent: { granted: ["personalization"] }, decisions: ["hero"], now: new Date() });
export const variant: string | undefined = answer.decisions["hero"]?.variant;
export const unsure: Answer | (Mistake & Partial<Answer>) = edgewise.decide(JSON.parse("{}") as unknown);

const plan = edgewise.plan({ url: "/", headers: [["cookie", "cart=80"]] });
if (!("error" in plan)) {
  const known: Plan = plan;
  known.origin?.path.startsWith("/");
}

try {
  edgewise.load(new ArrayBuffer(1));
} catch (refusal) {
  if (refusal instanceof EdgewiseRefusal) refusal.code.toUpperCase();
}

// @ts-expect-error: answers are shared
answer.bundle.version = 5;
// @ts-expect-error: a request has a url
edgewise.plan({});
// @ts-expect-error: engines are made by load
new Edgewise();
// @ts-expect-error: no such option
await load(new Uint8Array(5), { chanel: "production" });
