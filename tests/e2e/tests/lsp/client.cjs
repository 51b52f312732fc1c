// An editor for tests: the client library of VS Code on one side, one JSON object a line on the other.
//
//   node client.cjs MODULES PROGRAM ARGUMENT…
//
// Each line in is {"do": …}; each line out is its result, or {"error": …}. Documents are kept and changed as an editor keeps and
// changes them, with the library's own idea of positions.
'use strict'

const { spawn } = require('node:child_process')
const { createRequire } = require('node:module')
const path = require('node:path')
const readline = require('node:readline')

const [modules, program, ...programArguments] = process.argv.slice(2)
const from = createRequire(path.join(modules, 'client.cjs'))
const protocol = from('vscode-languageserver-protocol/node')
const { TextDocument } = from('vscode-languageserver-textdocument')

const server = spawn(program, programArguments, { stdio: ['pipe', 'pipe', 'pipe'] })
let errors = ''
server.stderr.on('data', (data) => (errors += data))
const ended = new Promise((resolve) => server.on('close', (code) => resolve(code)))

const connection = protocol.createProtocolConnection(
  new protocol.StreamMessageReader(server.stdout),
  new protocol.StreamMessageWriter(server.stdin),
)
const broken = []
connection.onError(([error]) => broken.push(String(error)))

const documents = new Map()
const published = new Map()
const waiting = []
// How many publications about a document have been told.
const told = new Map()
const said = []
const registered = []
let opened = 0

connection.onNotification(protocol.PublishDiagnosticsNotification.type, (params) => {
  const all = published.get(params.uri) ?? []
  all.push(params)
  published.set(params.uri, all)
  for (const wake of waiting.splice(0)) wake()
})
connection.onNotification(protocol.ShowMessageNotification.type, (params) => said.push(params.message))
connection.onNotification(protocol.LogMessageNotification.type, (params) => said.push(params.message))
connection.onRequest(protocol.RegistrationRequest.type, (params) => {
  registered.push(...params.registrations)
})
let refreshed = 0
connection.onRequest(protocol.DiagnosticRefreshRequest.type, () => {
  refreshed += 1
  for (const wake of waiting.splice(0)) wake()
})
connection.listen()

const identifier = (uri) => ({ uri })

const actions = {
  async initialize({ params }) {
    const result = await connection.sendRequest(protocol.InitializeRequest.type, { processId: process.pid, ...params })
    await connection.sendNotification(protocol.InitializedNotification.type, {})
    return result
  },

  async open({ uri, text, language = 'sql' }) {
    // Each document begins with a version of its own, so that what was said of an earlier one is not taken for news.
    const version = ++opened * 1000
    documents.set(uri, TextDocument.create(uri, language, version, text))
    const textDocument = { uri, languageId: language, version, text }
    await connection.sendNotification(protocol.DidOpenTextDocumentNotification.type, { textDocument })
    return null
  },

  // Types `insert` over the first `replace`, or at the end of the document.
  async type({ uri, replace, insert }) {
    const document = documents.get(uri)
    const text = document.getText()
    const start = replace === undefined ? text.length : text.indexOf(replace)
    if (start < 0) throw new Error(`there is no ${replace} in ${text}`)
    const end = start + (replace ?? '').length
    const range = { start: document.positionAt(start), end: document.positionAt(end) }
    const version = document.version + 1
    const contentChanges = [{ range, text: insert }]
    TextDocument.update(document, contentChanges, version)
    const textDocument = { uri, version }
    await connection.sendNotification(protocol.DidChangeTextDocumentNotification.type, { textDocument, contentChanges })
    return null
  },

  async save({ uri }) {
    await connection.sendNotification(protocol.DidSaveTextDocumentNotification.type, { textDocument: identifier(uri) })
    return null
  },

  async close({ uri }) {
    documents.delete(uri)
    await connection.sendNotification(protocol.DidCloseTextDocumentNotification.type, { textDocument: identifier(uri) })
    return null
  },

  // The diagnostics of a document as it is now, in the order in which they came.
  async diagnostics({ uri }) {
    const version = documents.get(uri)?.version
    for (;;) {
      const all = published.get(uri) ?? []
      const last = all[all.length - 1]
      if (last !== undefined && (version === undefined || last.version === version)) {
        told.set(uri, all.length)
        return last.diagnostics
      }
      await new Promise((resolve) => waiting.push(resolve))
    }
  },

  // The diagnostics that come after those that were told last.
  async next({ uri }) {
    const before = told.get(uri) ?? 0
    while ((published.get(uri) ?? []).length <= before) await new Promise((resolve) => waiting.push(resolve))
    told.set(uri, published.get(uri).length)
    return published.get(uri).at(-1).diagnostics
  },

  // What the server answers to a client that asks for diagnostics.
  async pull({ uri, previous }) {
    const params = { textDocument: identifier(uri), previousResultId: previous }
    return connection.sendRequest(protocol.DocumentDiagnosticRequest.type, params)
  },

  // Waits until the server has asked to be asked again, more often than so many times; how often it has.
  async refreshed({ more }) {
    while (refreshed <= more) await new Promise((resolve) => waiting.push(resolve))
    return refreshed
  },

  // How often something was published.
  async published() {
    return [...published.values()].reduce((sum, all) => sum + all.length, 0)
  },

  // The text of each place.
  async slices({ uri, ranges }) {
    return ranges.map((range) => documents.get(uri).getText(range))
  },

  // Where a text is in a document.
  async position({ uri, of }) {
    const document = documents.get(uri)
    return document.positionAt(document.getText().indexOf(of))
  },

  async request({ method, params }) {
    return connection.sendRequest(method, params)
  },

  async notify({ method, params }) {
    await connection.sendNotification(method, params)
    return null
  },

  // A request that is called off at once.
  async cancelled({ method, params }) {
    const source = new protocol.CancellationTokenSource()
    const response = connection.sendRequest(method, params, source.token)
    source.cancel()
    return response.then(
      () => 'answered',
      (error) => error.code,
    )
  },

  // What an edit makes of the documents that it is about, by uri; they are not changed. Files that it creates are empty before.
  async preview({ edit }) {
    const texts = {}
    const apply = (uri, edits, version) => {
      const open = documents.get(uri)
      if (version != null && open.version !== version) throw new Error(`the edit is for version ${version}`)
      const text = texts[uri] ?? open?.getText()
      if (text === undefined) throw new Error(`${uri} is edited and not there`)
      texts[uri] = TextDocument.applyEdits(TextDocument.create(uri, 'sql', 1, text), edits)
    }
    for (const [uri, edits] of Object.entries(edit.changes ?? {})) apply(uri, edits)
    for (const change of edit.documentChanges ?? []) {
      if (change.kind === 'create') texts[change.uri] = ''
      else apply(change.textDocument.uri, change.edits, change.textDocument.version)
    }
    return texts
  },

  async said() {
    return said
  },

  async registered() {
    return registered
  },

  // Bytes as they are, past the library.
  async raw({ bytes }) {
    server.stdin.write(bytes)
    return null
  },

  // Ends the server as an editor does, or otherwise; how it ended.
  async end({ how }) {
    if (how === 'shutdown') await connection.sendRequest(protocol.ShutdownRequest.type)
    if (how === 'shutdown' || how === 'exit') await connection.sendNotification(protocol.ExitNotification.type)
    else server.stdin.end()
    const code = await ended
    return { code, errors, broken }
  },
}

process.on('exit', () => server.kill())
// Lines wait for each other: a test is a story.
let last = Promise.resolve()
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  last = last.then(async () => {
    const action = JSON.parse(line)
    let out
    try {
      out = { result: (await actions[action.do](action)) ?? null }
    } catch (error) {
      out = { error: String(error.message ?? error), code: error.code ?? null }
    }
    process.stdout.write(JSON.stringify(out) + '\n')
  })
}).on('close', () => last.then(() => process.exit()))
