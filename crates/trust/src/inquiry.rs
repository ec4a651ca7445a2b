use portage_federation::AnchorInquiry;
use url::Url;

/// What an authority wants to read before it answers about somebody it does not know yet ([`crate::Authority::inquire`]).
///
/// It says what to fetch and takes the bytes; whoever drives it does the fetching, within the rules of the guarded way out. Once
/// [`Inquiry::wanted`] is empty the inquiry has ended, and the authority answers with what was learned. The inquiry itself holds the limits
/// (64 fetches, 8 statements a chain): driving it ends.
pub trait Inquiry: Send {
    /// What is wanted now.
    fn wanted(&self) -> Vec<Wanted>;

    /// One answer for each of [`Inquiry::wanted`], in order; `None` for one that could not be had. One that is missing counts as not had.
    fn supply(&mut self, answers: Vec<Option<Vec<u8>>>);
}

/// Something to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// An entity statement, or another signed word of an authority: text, worth keeping for a while.
    Statement(Url),
    /// A file of a public log: bytes, wanted once.
    LogFile(Url),
}

impl Wanted {
    /// Where it is.
    pub const fn url(&self) -> &Url {
        match self {
            Wanted::Statement(url) | Wanted::LogFile(url) => url,
        }
    }
}

/// Asking the anchors themselves, for whoever keeps the answers in a place of their own.
impl Inquiry for AnchorInquiry {
    fn wanted(&self) -> Vec<Wanted> {
        AnchorInquiry::wanted(self).into_iter().map(Wanted::Statement).collect()
    }

    fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        AnchorInquiry::supply(self, answers);
    }
}
