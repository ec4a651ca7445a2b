use jiff::Timestamp;

use crate::{Forgotten, IssuanceStore, Issuer, StoreFailure};

impl<S: IssuanceStore> Issuer<S> {
    /// The retention job: deletes what is over at `now`. To be called from the start of the service on, every minute or so.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn forget(&self, now: Timestamp) -> Result<Forgotten, StoreFailure> {
        self.store.forget(now).await
    }
}
