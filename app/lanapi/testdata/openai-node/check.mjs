// Asks every route with OpenAI's own client. The addresses and the key come from the Go test that starts this.
import assert from 'node:assert/strict'
import OpenAI from 'openai'

const { BASE, KEY, NO_RIGHTS_BASE, EMBEDDED } = process.env
const client = new OpenAI({ baseURL: BASE, apiKey: KEY, maxRetries: 0 })
const tiny = 'Tiny llama', tooled = 'Tiny tools', vectors = 'Tiny vectors', scripted = 'Scripted'
const user = content => [{ role: 'user', content }]
const ask = { model: tiny, messages: user('the little girl'), max_tokens: 24, temperature: 1, seed: 7 }

const checks = {
  async 'models'() {
    const ids = []
    for await (const m of client.models.list()) ids.push(m.id)
    assert.deepEqual(ids, [tiny, tooled, 'Tiny thinker', vectors, scripted])
    assert.equal((await client.models.retrieve(tiny)).id, tiny)
  },
  async 'chat, whole and streamed, with one seed'() {
    const whole = await client.chat.completions.create(ask)
    const text = whole.choices[0].message.content
    assert.ok(text.length > 0)
    assert.equal(whole.choices[0].finish_reason, 'length')
    assert.equal(whole.usage.completion_tokens, 24)
    assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + 24)
    const stream = await client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } })
    let said = '', finish, usage
    for await (const chunk of stream) {
      said += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      usage = chunk.usage ?? usage
    }
    assert.equal(said, text)
    assert.equal(finish, 'length')
    assert.equal(usage.completion_tokens, 24)
    assert.equal(usage.prompt_tokens, whole.usage.prompt_tokens)
    const other = await client.chat.completions.create({ ...ask, seed: 8 })
    assert.notEqual(other.choices[0].message.content, text)
    // The client's own collector of a stream.
    const final = await client.chat.completions.stream(ask).finalChatCompletion()
    assert.equal(final.choices[0].message.content, text)
  },
  async 'stop, max_completion_tokens, logit_bias'() {
    const text = (await client.chat.completions.create(ask)).choices[0].message.content
    const letters = [...text], stop = letters.slice(10, 12).join('')
    const stopped = await client.chat.completions.create({ ...ask, stop })
    assert.equal(stopped.choices[0].message.content, text.slice(0, text.indexOf(stop)))
    assert.equal(stopped.choices[0].finish_reason, 'stop')
    const short = await client.chat.completions.create({ ...ask, max_tokens: undefined, max_completion_tokens: 3 })
    assert.equal(short.usage.completion_tokens, 3)
    const one = await client.chat.completions.create({ ...ask, max_tokens: 4, logit_bias: { 70: 100 } })
    assert.match(one.choices[0].message.content, /^(.)\1\1\1$/u)
  },
  async 'tools, whole and streamed'() {
    const tools = [{
      type: 'function',
      function: { name: 'weather', parameters: { type: 'object', properties: { city: { enum: ['Bern', 'Rome'] } }, required: ['city'] } },
    }]
    const q = { model: scripted, messages: user('How is the weather?'), tools }
    const whole = await client.chat.completions.create(q)
    assert.equal(whole.choices[0].finish_reason, 'tool_calls')
    const [call] = whole.choices[0].message.tool_calls
    assert.equal(call.function.name, 'weather')
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Bern' })
    const final = await client.chat.completions.stream(q).finalChatCompletion()
    assert.equal(final.choices[0].finish_reason, 'tool_calls')
    assert.equal(final.choices[0].message.tool_calls[0].function.arguments, call.function.arguments)
    // The result goes back, to a model that takes tools.
    const messages = [...q.messages, whole.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'Sun.' }]
    const next = await client.chat.completions.create({ model: tooled, messages, tools, max_tokens: 4 })
    assert.ok(next.usage.prompt_tokens > 50)
  },
  async 'response_format and calls that are demanded'() {
    const schema = {
      type: 'object', required: ['name', 'age'], additionalProperties: false,
      properties: { name: { type: 'string', maxLength: 8 }, age: { type: 'integer', minimum: 1, maximum: 99 } },
    }
    const formed = { ...ask, max_tokens: undefined, response_format: { type: 'json_schema', json_schema: { name: 'person', schema, strict: true } } }
    const person = JSON.parse((await client.chat.completions.create(formed)).choices[0].message.content)
    assert.deepEqual(Object.keys(person), ['name', 'age'])
    assert.ok(person.age >= 1 && person.age <= 99)
    const any = await client.chat.completions.create({ ...ask, response_format: { type: 'json_object' }, max_tokens: 5 })
    assert.equal(any.choices[0].message.content.trim()[0], '{')
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { enum: ['Bern', 'Rome'] } }, required: ['city'] } } }]
    for (const tool_choice of ['required', { type: 'function', function: { name: 'weather' } }]) {
      const q = { ...ask, model: tooled, max_tokens: undefined, tools, tool_choice }
      const whole = (await client.chat.completions.create(q)).choices[0]
      assert.equal(whole.finish_reason, 'tool_calls')
      assert.ok(['Bern', 'Rome'].includes(JSON.parse(whole.message.tool_calls[0].function.arguments).city))
      const final = await client.chat.completions.stream(q).finalChatCompletion()
      assert.equal(final.choices[0].message.tool_calls[0].function.arguments, whole.message.tool_calls[0].function.arguments)
    }
    await refused(client.chat.completions.create({ ...ask, response_format: { type: 'xml' } }), OpenAI.BadRequestError, 400, 'bad_request', 'response_format')
  },
  async 'completions, whole and streamed'() {
    const q = { model: tiny, prompt: 'one day she found', max_tokens: 12, seed: 3 }
    const whole = await client.completions.create(q)
    assert.equal(whole.usage.completion_tokens, 12)
    let said = '', usage
    for await (const chunk of await client.completions.create({ ...q, stream: true, stream_options: { include_usage: true } })) {
      said += chunk.choices[0]?.text ?? ''
      usage = chunk.usage ?? usage
    }
    assert.equal(said, whole.choices[0].text)
    assert.equal(usage.completion_tokens, 12)
  },
  async 'embeddings, in both encodings'() {
    const { input, vectors: wanted } = JSON.parse(EMBEDDED) // as croft inspect --embed prints them
    const packed = await client.embeddings.create({ model: vectors, input }) // base64 under the hood
    const plain = await client.embeddings.create({ model: vectors, input, encoding_format: 'float' })
    assert.equal(plain.data.length, 2)
    for (const i of [0, 1]) {
      for (const answer of [packed, plain]) {
        assert.deepEqual(Array.from(answer.data[i].embedding, Math.fround), wanted[i].map(Math.fround))
      }
      const length = plain.data[i].embedding.reduce((sum, x) => sum + x * x, 0)
      assert.ok(Math.abs(length - 1) < 1e-5)
    }
    assert.ok(packed.usage.prompt_tokens > 0)
    assert.equal(packed.usage.prompt_tokens, packed.usage.total_tokens)
    const kinds = {}
    for await (const m of client.models.list()) kinds[m.id] = m.embedding
    assert.deepEqual([kinds[vectors], kinds[tiny]], [true, undefined])
  },
  async 'errors'() {
    const chat = change => client.chat.completions.create({ ...ask, ...change })
    await refused(chat({ model: 'gpt-4' }), OpenAI.NotFoundError, 404, 'model_not_found', 'model')
    await refused(client.models.retrieve('gpt-4'), OpenAI.NotFoundError, 404, 'model_not_found', 'model')
    await refused(chat({ temperature: 3 }), OpenAI.BadRequestError, 400, 'bad_request', 'temperature')
    await refused(chat({ temperature: 'warm' }), OpenAI.BadRequestError, 400, 'bad_request', 'temperature')
    await refused(chat({ n: 2 }), OpenAI.BadRequestError, 400, 'bad_request', 'n')
    await refused(chat({ stop: 5 }), OpenAI.BadRequestError, 400, 'bad_request', 'stop')
    await refused(chat({ logprobs: true }), OpenAI.BadRequestError, 400, 'unsupported_parameter', 'logprobs')
    const long = user('a long story '.repeat(500))
    await refused(chat({ messages: long }), OpenAI.BadRequestError, 400, 'context_length_exceeded', null)
    await refused(chat({ messages: long, stream: true }), OpenAI.BadRequestError, 400, 'context_length_exceeded', null)
    await refused(chat({ messages: user('x'.repeat(4 << 20)) }), OpenAI.APIError, 413, 'too_large', null)
    const embed = (model, input) => client.embeddings.create({ model, input })
    await refused(embed(tiny, 'a'), OpenAI.BadRequestError, 400, 'model_unusable', 'model')
    await refused(embed('text-embedding-3-small', 'a'), OpenAI.NotFoundError, 404, 'model_not_found', 'model')
    await refused(embed(vectors, ''), OpenAI.BadRequestError, 400, 'bad_request', 'input')
    await refused(embed(vectors, 'a long story '.repeat(2000)), OpenAI.BadRequestError, 400, 'context_length_exceeded', 'input')
    await refused(chat({ model: vectors }), OpenAI.BadRequestError, 400, 'model_unusable', 'model')
    const stranger = new OpenAI({ baseURL: BASE, apiKey: 'guessed', maxRetries: 0 })
    await refused(stranger.models.list(), OpenAI.AuthenticationError, 401, 'invalid_api_key', null)
    const page = new OpenAI({ baseURL: BASE, apiKey: KEY, maxRetries: 0, defaultHeaders: { Origin: 'http://evil.example' } })
    await refused(page.models.list(), OpenAI.PermissionDeniedError, 403, 'no_right', null)
    const poor = new OpenAI({ baseURL: NO_RIGHTS_BASE, apiKey: 'x', maxRetries: 0 })
    await refused(poor.chat.completions.create(ask), OpenAI.PermissionDeniedError, 403, 'no_right', null)
  },
}

async function refused(promise, kind, status, code, param) {
  await assert.rejects(promise, error => {
    assert.ok(error instanceof kind, String(error))
    assert.deepEqual([error.status, error.code, error.param], [status, code, param])
    return true
  })
}

for (const [name, check] of Object.entries(checks)) {
  await check()
  console.log('ok', name)
}
