// A stand-in for Shopify's App Bridge, as far as an app without a framework uses
// it: session tokens, fetch, the bounce page, and calls that only show something.
(() => {
  const script = document.currentScript
  const meta = document.querySelector('meta[name="shopify-api-key"]')
  const apiKey = (script && script.dataset.apiKey) || (meta && meta.content)
  if (!apiKey) throw new Error('App Bridge: the client id is in neither data-api-key nor meta[name=shopify-api-key]')
  if (script.async || script.defer || script.type === 'module') throw new Error('App Bridge: the script must not be async, deferred or a module')
  if (document.querySelector('script') !== script) throw new Error('App Bridge: the script must be the first')

  const params = new URLSearchParams(location.search)
  const embedded = window.parent !== window
  const admin = 'https://admin.shopify.com'
  const waiting = new Map()
  let serial = 0

  addEventListener('message', (event) => {
    if (event.source !== window.parent || event.origin !== admin || !event.data || event.data.bridge !== 1) return
    if (event.data.navigate) return navigate(event.data.navigate)
    const answer = waiting.get(event.data.id)
    waiting.delete(event.data.id)
    if (answer) answer(event.data.value)
  })

  const tell = (call, ...args) => {
    window.shopifyCalls.push({ call, args })
    if (embedded) window.parent.postMessage({ bridge: 1, call, args }, admin)
  }
  window.shopifyCalls = []

  // The navigation: the admin shows what s-app-nav holds, and a click there is an
  // event at the link, which the app may answer itself.
  if (embedded) customElements.define('s-app-nav', class extends HTMLElement {
    connectedCallback() {
      if (document.readyState === 'loading') addEventListener('DOMContentLoaded', () => this.show())
      else setTimeout(() => this.show())
    }
    show() {
      const links = [...this.querySelectorAll('s-link')].map((l) => ({ href: l.getAttribute('href'), text: l.textContent, home: l.getAttribute('rel') === 'home' }))
      tell('nav', links)
    }
  })
  const navigate = (href) => {
    const link = document.querySelector(`s-app-nav s-link[href="${CSS.escape(href)}"]`)
    const event = new CustomEvent('shopify:navigate', { bubbles: true, cancelable: true })
    if (!link || link.dispatchEvent(event)) location.assign(href)
  }

  const idToken = () => new Promise((resolve, reject) => {
    if (!embedded) return reject(new Error('App Bridge: the page is in no frame'))
    const id = ++serial
    waiting.set(id, (token) => (token ? resolve(token) : reject(new Error('App Bridge: no session token'))))
    window.parent.postMessage({ bridge: 1, id, call: 'idToken', args: [] }, admin)
  })

  const plainFetch = window.fetch.bind(window)
  const withToken = async (request) => {
    const copy = new Request(request, { headers: new Headers(request.headers) })
    copy.headers.set('Authorization', 'Bearer ' + (await idToken()))
    return plainFetch(copy)
  }
  window.fetch = async (input, init) => {
    const request = new Request(input, init)
    const own = new URL(request.url, location.href).origin === location.origin
    if (!own || request.headers.has('Authorization') || !embedded) return plainFetch(request)
    const again = request.clone()
    let response = await withToken(request)
    if (response.headers.get('X-Shopify-Retry-Invalid-Session-Request') === '1') response = await withToken(again)
    if (response.headers.get('X-Shopify-API-Request-Failure-Reauthorize') === '1') {
      const where = response.headers.get('X-Shopify-API-Request-Failure-Reauthorize-Url')
      if (where) tell('open', new URL(where, location.href).href, '_top')
    }
    return response
  }

  const plainOpen = window.open.bind(window)
  window.open = (url, target, features) => {
    if (embedded && target === '_top') return tell('open', new URL(url, location.href).href, '_top'), null
    return plainOpen(url, target, features)
  }

  window.shopify = {
    config: { apiKey, shop: params.get('shop'), host: params.get('host'), locale: params.get('locale') || 'en' },
    environment: { embedded, mobile: false, pos: false },
    ready: Promise.resolve(),
    idToken,
    toast: { show: (...args) => (tell('toast.show', ...args), String(++serial)), hide: (...args) => tell('toast.hide', ...args) },
    saveBar: {
      show: async (...args) => tell('saveBar.show', ...args),
      hide: async (...args) => tell('saveBar.hide', ...args),
      toggle: async (...args) => tell('saveBar.toggle', ...args),
      leaveConfirmation: async () => tell('saveBar.leaveConfirmation'),
    },
    modal: { show: async (...args) => tell('modal.show', ...args), hide: async (...args) => tell('modal.hide', ...args) },
    loading: (...args) => tell('loading', ...args),
  }

  // The bounce page: nothing but this script, and the address to go back to.
  const reload = params.get('shopify-reload')
  if (reload) {
    const target = new URL(reload, location.href)
    if (target.origin !== location.origin) throw new Error('App Bridge: shopify-reload leads to another origin')
    idToken().then((token) => {
      target.searchParams.set('id_token', token)
      location.replace(target.href)
    })
  }
})()
