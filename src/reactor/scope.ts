// The async context that handlers are called in: that of who gave them.
//
// Before Node 24 AsyncLocalStorage keeps what it stores as properties of the AsyncResource that runs. One resource for all
// connections of a server would mix what their handlers enter; one for each would weigh as much as the rest of a connection. So
// there is one, and behind it a proxy: what is stored on it is kept with the connection whose handler runs.
import { AsyncResource } from 'node:async_hooks'

type Stores = Record<PropertyKey, unknown>

/** A connection, or whatever else has handlers. */
export interface Scoped {
  /** @internal What its handlers have entered by AsyncLocalStorage.enterWith, on top of what is given. */
  stores: Stores | undefined
}

// oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this`
const { runInAsyncScope } = AsyncResource.prototype
const given = new WeakMap<object, Stores>() // by scope: what was stored where that was made
let running: Scoped | undefined // whose handler it is

// What was entered in this scope: after a hand-over a connection has another one, and handlers of both may be running.
function enteredIn(scope: object): Stores | undefined {
  const stores = running?.stores
  return stores !== undefined && Object.getPrototypeOf(stores) === given.get(scope) ? stores : undefined
}

// Only properties that the resource does not have itself come here: its ids are found at once.
const behind = new Proxy(AsyncResource.prototype, {
  get: (target, key, scope: object): unknown =>
    key in target ? Reflect.get(target, key, scope) : (enteredIn(scope) ?? given.get(scope)!)[key],
  set(_target, key, value, scope: object) {
    const stores = given.get(scope)!
    if (running === undefined) stores[key] = value
    else (running.stores = enteredIn(scope) ?? (Object.create(stores) as Stores))[key] = value
    return true
  },
})

/** The context of this moment, for the handlers of any number of connections. */
export function newScope(type: string): AsyncResource {
  const scope = new AsyncResource(type)
  const stores: Stores = {}
  const own = scope as unknown as Stores
  for (const key of Object.getOwnPropertySymbols(scope)) {
    if (key.description !== 'kResourceStore') continue
    stores[key] = own[key]
    Reflect.deleteProperty(own, key)
  }
  given.set(scope, stores)
  return Object.setPrototypeOf(scope, behind) as AsyncResource
}

/** Calls a handler of `whose`, with `receiver` as its `this`. */
export function runIn<This, One, Two>(
  scope: AsyncResource,
  whose: Scoped,
  handler: (this: This, one: One, two: Two) => unknown,
  receiver: This,
  one: One,
  two: Two,
): void {
  const before = running
  running = whose
  try {
    runInAsyncScope.call(scope, handler as () => unknown, receiver, one, two)
  } finally {
    running = before
  }
}
