use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use portage_issuer::{
    Changed, Code, Forgotten, Grant, Inserted, IssuanceStore, Issued, Issuing, KeyedHash, ListKind,
    ListState, NoticeChange, Offer, Opened, PublishedList, Redeemed, Redemption, Reference, StatusChange,
    StoreFailure, Told,
};

mod kept;

use kept::Kept;

/// Issuances in memory: for tests. One lock is one transaction.
#[derive(Default)]
pub struct MemoryIssuances(Mutex<Kept>);

impl MemoryIssuances {
    /// No issuances yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IssuanceStore for MemoryIssuances {
    async fn insert_offers(&self, offers: Vec<Offer>, now: Timestamp) -> Result<Vec<Inserted>, StoreFailure> {
        let mut kept = self.kept();
        Ok(offers.into_iter().map(|offer| kept.insert_offer(offer, now)).collect())
    }

    async fn try_offers(&self, offers: Vec<Offer>, now: Timestamp) -> Result<Vec<Inserted>, StoreFailure> {
        let kept = self.kept();
        Ok(offers.iter().map(|offer| kept.try_offer(offer, now)).collect())
    }

    async fn open_offer(&self, link: KeyedHash, code: Code, now: Timestamp) -> Result<Opened, StoreFailure> {
        Ok(self.kept().open_offer(link, code, now))
    }

    async fn reference_of_code(&self, code: KeyedHash) -> Result<Option<Reference>, StoreFailure> {
        Ok(self.kept().codes.get(&code).map(|code| code.reference.clone()))
    }

    async fn redeem(&self, redemption: Redemption) -> Result<Redeemed, StoreFailure> {
        Ok(self.kept().redeem(&redemption))
    }

    async fn grant(&self, token: KeyedHash, now: Timestamp) -> Result<Option<Grant>, StoreFailure> {
        Ok(self.kept().grant(token, now))
    }

    async fn issue(&self, issuing: Issuing) -> Result<Issued, StoreFailure> {
        Ok(self.kept().issue(&issuing))
    }

    async fn change_status(
        &self,
        reference: Reference,
        change: StatusChange,
        _now: Timestamp,
    ) -> Result<Changed, StoreFailure> {
        Ok(self.kept().change_status(&reference, change))
    }

    async fn change_notice(&self, reference: Reference, change: NoticeChange) -> Result<Told, StoreFailure> {
        Ok(self.kept().change_notice(&reference, change))
    }

    async fn list_version(&self, list: u32) -> Result<Option<u64>, StoreFailure> {
        Ok(self.kept().lists.get(&list).map(|list| list.version))
    }

    async fn list(&self, list: u32) -> Result<Option<ListState>, StoreFailure> {
        Ok(self.kept().list(list))
    }

    async fn published(&self, list: u32, kind: ListKind) -> Result<Option<PublishedList>, StoreFailure> {
        Ok(self.kept().published.get(&(list, kind)).cloned())
    }

    async fn publish(
        &self,
        list: u32,
        kind: ListKind,
        published: PublishedList,
    ) -> Result<PublishedList, StoreFailure> {
        let mut kept = self.kept();
        let last = kept.published.entry((list, kind)).or_insert_with(|| published.clone());
        if published.version >= last.version && published.issued_at >= last.issued_at {
            *last = published;
        }
        Ok(last.clone())
    }

    async fn forget(&self, now: Timestamp) -> Result<Forgotten, StoreFailure> {
        Ok(self.kept().forget(now))
    }
}
