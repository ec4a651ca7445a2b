use portage_federation::AnchorInquiry;
use url::Url;

/// What an authority wants to read before it answers about somebody it does not know yet ([`crate::Authority::inquire`]).
///
/// It says what to fetch and takes the bytes; whoever drives it does the fetching, within the rules of the guarded way out. Once
/// [`Inquiry::wanted`] is empty the inquiry has ended, and the authority answers with what was learned. The inquiry itself holds the limits
/// (64 fetches, 8 statements a chain): driving it ends.
pub trait Inquiry: Send {
    /// The addresses of the entity statements wanted now.
    fn wanted(&self) -> Vec<Url>;

    /// One answer for each address of [`Inquiry::wanted`], in order; `None` for one that could not be had. One that is missing counts as
    /// not had.
    fn supply(&mut self, answers: Vec<Option<Vec<u8>>>);
}

/// Asking the anchors themselves, for whoever keeps the answers in a place of their own.
impl Inquiry for AnchorInquiry {
    fn wanted(&self) -> Vec<Url> {
        AnchorInquiry::wanted(self)
    }

    fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        AnchorInquiry::supply(self, answers);
    }
}
