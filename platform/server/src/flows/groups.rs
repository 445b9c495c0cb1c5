//! Grouping: what comes for one tenant while a transaction of that tenant commits goes into the next one together.
//! Nobody waits for company: the first comer commits at once, and those that come meanwhile share the next transaction.

use kernel::TenantId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::oneshot;

/// Jobs of one tenant that may wait; beyond, the sender is asked to come again.
pub const WAITING_MAX: usize = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("too much of this tenant waits already")]
    Full,
    #[error("the server is stopping")]
    Stopping,
}

struct Waiting<J, R> {
    job: J,
    reply: oneshot::Sender<R>,
}

/// Queues by tenant. A queue exists while someone commits for its tenant.
pub struct Groups<J, R> {
    queues: Arc<Mutex<HashMap<TenantId, Vec<Waiting<J, R>>>>>,
}

impl<J, R> Clone for Groups<J, R> {
    fn clone(&self) -> Self {
        Self { queues: self.queues.clone() }
    }
}

impl<J, R> Default for Groups<J, R> {
    fn default() -> Self {
        Self { queues: Arc::default() }
    }
}

impl<J: Send + 'static, R: Send + 'static> Groups<J, R> {
    /// Hands a job in and waits for its answer. `fits` says of each waiting job whether it may join the group so far (the
    /// first always does); `commit` gives one answer per job, in order.
    pub async fn submit<F, C, A>(&self, tenant: TenantId, job: J, fits: F, commit: C) -> Result<R, Refused>
    where
        F: Fn(&[J], &J) -> bool + Send + 'static,
        C: Fn(Vec<J>) -> A + Send + 'static,
        A: Future<Output = Vec<R>> + Send,
    {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { job, reply };
        let leads = {
            let mut queues = self.queues.lock().unwrap_or_else(|broken| broken.into_inner());
            match queues.get_mut(&tenant) {
                Some(queue) if queue.len() >= WAITING_MAX => return Err(Refused::Full),
                Some(queue) => {
                    queue.push(waiting);
                    false
                }
                None => {
                    queues.insert(tenant, vec![waiting]);
                    true
                }
            }
        };
        if leads {
            // A task of its own: a sender that hangs up must not stop those who wait behind it.
            let groups = self.clone();
            tokio::spawn(async move {
                while let Some((jobs, replies)) = groups.next(tenant, &fits) {
                    for (reply, answer) in replies.into_iter().zip(commit(jobs).await) {
                        // A sender that went away needs no answer; what it sent is written.
                        let _ = reply.send(answer);
                    }
                }
            });
        }
        answer.await.map_err(|_| Refused::Stopping)
    }

    /// The next jobs to commit together, with whom to answer. `None` ends the queue.
    fn next(&self, tenant: TenantId, fits: impl Fn(&[J], &J) -> bool) -> Option<(Vec<J>, Vec<oneshot::Sender<R>>)> {
        let mut queues = self.queues.lock().unwrap_or_else(|broken| broken.into_inner());
        let queue = queues.get_mut(&tenant)?;
        if queue.is_empty() {
            queues.remove(&tenant);
            return None;
        }
        let (mut jobs, mut replies, mut later) = (Vec::new(), Vec::new(), Vec::new());
        for waiting in queue.drain(..) {
            if jobs.is_empty() || fits(&jobs, &waiting.job) {
                jobs.push(waiting.job);
                replies.push(waiting.reply);
            } else {
                later.push(waiting);
            }
        }
        *queue = later;
        Some((jobs, replies))
    }
}
