/** The smallest pipeline: one step. */
import { main, pipeline, step, string } from "sluice";

const greet = step("greet", {
  params: { name: string().min(1).default("world") },
  metrics: ["letters"],
  run: ({ params }) => {
    console.log(`Hello, ${params.name}`);
    return { letters: params.name.length };
  },
});

const smallest = pipeline("smallest", {}, () => ({ greet: greet({}) }));

export default smallest;
if (import.meta.main) await main(smallest);
