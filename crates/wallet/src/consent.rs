use portage_reason::Reason;

use crate::DisclosurePlan;

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// Yes to showing this.
    ToThis,
    /// Yes to showing this, and yes, a second time, to a verifier or purpose that nobody vouches for.
    ToThisAndToAnUnknownVerifier,
}

/// The permission to answer one request with exactly what one plan shows. Made by [`DisclosurePlan::consent`], used up by
/// [`crate::Wallet::present`]; cannot be copied.
#[must_use = "a consent is for one presentation"]
#[derive(Debug)]
pub struct Consent {
    digest: [u8; 32],
}

/// Nobody agreed to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsentMissing {
    /// The verifier, or the purpose, is not registered, and there was no second agreement.
    #[error("nobody vouches for whoever asks: that needs a second agreement")]
    UnknownVerifier,
    /// The consent was given to another plan.
    #[error("the agreement was to something else")]
    ToSomethingElse,
}

impl ConsentMissing {
    /// `consent_required`.
    pub fn reason(self) -> Reason {
        Reason::ConsentRequired
    }
}

impl DisclosurePlan {
    /// Whether a second, explicit agreement is needed: nobody vouches for the verifier, for its purpose, or for all it asks.
    pub fn needs_second_agreement(&self) -> bool {
        !self.asker.is_vouched_for()
    }

    /// Turns what the person said into the permission.
    ///
    /// # Errors
    /// [`ConsentMissing::UnknownVerifier`].
    pub fn consent(&self, agreement: Agreement) -> Result<Consent, ConsentMissing> {
        match agreement {
            Agreement::ToThis if self.needs_second_agreement() => Err(ConsentMissing::UnknownVerifier),
            Agreement::ToThis | Agreement::ToThisAndToAnUnknownVerifier => {
                Ok(Consent { digest: self.digest() })
            }
        }
    }
}

impl Consent {
    /// Uses the consent up.
    pub(crate) fn redeem(self, plan: &DisclosurePlan) -> Result<(), ConsentMissing> {
        if self.digest == plan.digest() { Ok(()) } else { Err(ConsentMissing::ToSomethingElse) }
    }
}
