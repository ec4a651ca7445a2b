use portage_did::Did;
use url::Url;

use crate::{Expectations, FetchedList, Outcome, Unavailable};

/// Where the pipeline stands.
#[derive(Debug)]
pub enum Step {
    /// Keys have to be had from outside.
    NeedKeys(PendingKeys),
    /// Status lists have to be had from outside.
    NeedStatus(PendingStatus),
    /// The verdict.
    Done(Outcome),
}

/// A document that holds keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyWanted {
    /// A DID document.
    DidDocument(Did, Url),
    /// `/.well-known/jwt-vc-issuer` of an https issuer.
    JwtVcIssuer(Url),
}

/// A status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListWanted {
    /// Where it stands.
    pub url: Url,
}

/// Waiting for keys.
#[derive(Debug)]
pub struct PendingKeys {}

/// Waiting for status lists.
#[derive(Debug)]
pub struct PendingStatus {}

/// Begins. `input` is one credential or presentation: compact text, or JSON.
pub fn begin(input: &[u8], expectations: &Expectations<'_>) -> Step {
    let _ = (input, expectations);
    todo!()
}

impl PendingKeys {
    /// What is wanted.
    pub fn wanted(&self) -> &[KeyWanted] {
        todo!()
    }

    /// Goes on with one answer for each of [`PendingKeys::wanted`], in order.
    pub fn supply(self, answers: Vec<Result<Vec<u8>, Unavailable>>, expectations: &Expectations<'_>) -> Step {
        let _ = (answers, expectations);
        todo!()
    }
}

impl PendingStatus {
    /// What is wanted.
    pub fn wanted(&self) -> &[ListWanted] {
        todo!()
    }

    /// Goes on with one answer for each of [`PendingStatus::wanted`], in order. May ask for the keys of a list next.
    pub fn supply(
        self,
        answers: Vec<Result<FetchedList, Unavailable>>,
        expectations: &Expectations<'_>,
    ) -> Step {
        let _ = (answers, expectations);
        todo!()
    }
}
