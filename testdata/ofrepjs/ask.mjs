// Asks an OFREP server as pages and servers do, with OpenFeature's SDKs for JavaScript: reads a question a line from standard input, and writes an answer
// a line. Package ofrepjs says what they are.
import { createInterface } from 'node:readline';
import { OpenFeature as Server } from '@openfeature/server-sdk';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature as Web } from '@openfeature/web-sdk';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';

const methods = { boolean: 'getBooleanDetails', string: 'getStringDetails', integer: 'getNumberDetails', float: 'getNumberDetails', object: 'getObjectDetails' };

// connect gives both SDKs a provider.
async function connect(baseUrl, headers) {
  await Server.setProviderAndWait(new OFREPProvider({ baseUrl, headers }));
  await Web.setProviderAndWait(new OFREPWebProvider({ baseUrl, headers, pollInterval: 20 }));
}

async function answer(question) {
  if (question.url !== undefined) {
    await connect(question.url, question.headers ?? []);
    return {};
  }
  const { flag, type, context } = question;
  let details;
  if (question.sdk === 'web') {
    if (context) await Web.setContext(context);
    details = Web.getClient()[methods[type]](flag, question.default);
  } else {
    details = await Server.getClient()[methods[type]](flag, question.default, context ?? {});
  }
  return { value: details.value, reason: details.reason, variant: details.variant, errorCode: details.errorCode, metadata: details.flagMetadata };
}

for await (const line of createInterface({ input: process.stdin })) {
  let said;
  try {
    said = await answer(JSON.parse(line));
  } catch (error) {
    said = { problem: String(error) };
  }
  console.log(JSON.stringify(said));
}
process.exit(0); // the providers' timers would go on
