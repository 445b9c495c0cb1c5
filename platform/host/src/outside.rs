//! What a guest's call can reach beyond its store.

use crate::http;
use std::sync::Arc;
use tenants::Directory;
use tokio::runtime::Handle;

#[derive(Clone)]
pub struct Outside {
    pub http: Arc<http::Client>,
    pub directory: Option<Directory>,
    /// The server's own runtime. Sockets and database connections live there: a guest that computes must not hold up
    /// the reactor that others' connections wait on.
    pub runtime: Handle,
}

impl Outside {
    /// Runs on the server's runtime, and no longer than the guest waits for it.
    pub async fn elsewhere<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> wasmtime::Result<T> {
        let mut task = Abandon(self.runtime.spawn(work));
        (&mut task.0).await.map_err(|e| wasmtime::Error::msg(format!("a host function broke off: {e}")))
    }
}

/// Aborts when dropped: the call it was made for is over.
pub struct Abandon<T>(pub tokio::task::JoinHandle<T>);

impl<T> Drop for Abandon<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
