//! One word to all parts of the server: stop, and why.

use std::sync::Arc;

use signed::Code;
use tokio::sync::watch;

/// Why the server is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The operator said so.
    Asked,
    /// The store can no longer be trusted to hold what is written.
    Failed(Code),
}

/// Tells everybody; hears it.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<Option<Why>>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    /// The operator asks the server to stop.
    pub fn ask(&self) {
        self.say(Why::Asked);
    }

    /// The server must stop, since this failed.
    pub fn fail(&self, code: Code) {
        self.say(Why::Failed(code));
    }

    /// Waits until the server is to stop; answers why.
    pub async fn wait(&self) -> Why {
        let mut heard = self.0.subscribe();
        match heard.wait_for(Option::is_some).await {
            Ok(why) => why.unwrap_or(Why::Asked),
            Err(_) => Why::Asked,
        }
    }

    /// Whether the server is to stop, and why.
    #[must_use]
    pub fn why(&self) -> Option<Why> {
        *self.0.borrow()
    }

    // The first reason stays.
    fn say(&self, why: Why) {
        self.0.send_if_modified(|said| said.is_none() && said.replace(why).is_none());
    }
}
