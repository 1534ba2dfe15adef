// How programs in TypeScript use this package: it has to compile, and what is marked as an error has to be one.
import { Edgewise, EdgewiseRefusal, load, type Answer, type Input, type Plan } from "../../edgewise.js";

const edgewise: Edgewise = await load(new Uint8Array(5), { trust: "{}", channel: "production", now: () => 5 });

const answer: Answer = edgewise.decide({ context: { geo: { country: "DE" } }, consent: { granted: ["personalization"] }, decisions: ["hero"], now: new Date() });
export const variant: string | undefined = answer.decisions["hero"]?.variant;
export const error: string | undefined = edgewise.decide(JSON.parse("{}") as Input).error;

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

// As `edgewise types --lang ts` writes it.
interface Decisions {
  readonly hero:
    | { readonly variant: "plain"; readonly value: "/plain.html" }
    | { readonly variant: "gold"; readonly value: { readonly title: string } };
}
const typed = await load<Decisions>(new Uint8Array(5));
const { hero } = typed.decide({ decisions: ["hero"] }).decisions;
export const title: string = hero.variant === "gold" ? hero.value.title : hero.value;

// @ts-expect-error: no such decision
typed.decide({ decisions: ["heros"] });
// @ts-expect-error: no such decision
typed.decide().decisions.heros;
// @ts-expect-error: no such variant
hero.variant === "silver";
// @ts-expect-error: answers are shared
answer.bundle.version = 5;
// @ts-expect-error: a request has a url
edgewise.plan({});
// @ts-expect-error: engines are made by load
new Edgewise();
// @ts-expect-error: no such option
await load(new Uint8Array(5), { chanel: "production" });
