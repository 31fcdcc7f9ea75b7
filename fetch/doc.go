// Package fetch gets pages politely: a [Stage] that decides which host may be
// asked now, and a [Client] whose GetPage asks once.
//
// One [Request] and its [Page] are a hop. A URL of the list takes one or more
// hops (redirects) in one or more attempts (retries); the stage joins them, so
// that no redirect and no retry escapes the limits of the host it goes to.
//
// A stage needs a [pool.Executor] that makes the hops, a [List] that they come
// from, and a callback that reports every answer to it exactly once: with
// [Stage.Done], or with [Stage.Abandon] if an abort has left it without one.
package fetch
