use portage_reason::Reason;

use crate::DisclosurePlan;

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// Yes to showing this.
    ToThis,
    /// Yes to showing this, and yes, a second time, to a verifier or purpose that nobody vouches for.
    ToThisAndToAnUnknownVerifier,
    /// Yes to showing this, and yes, a second time, to what goes beyond the verifier's registered purpose. The history records it.
    ToThisAndBeyondThePurpose,
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
    /// What the verifier brought along rests on a public log that does not hold, and there was no second agreement.
    #[error("the public log that whoever asks relies on does not hold: that needs a second agreement")]
    LogInvalid,
    /// More is asked than the registered purpose allows, and there was no second agreement to that.
    #[error("more is asked than the registered purpose allows: that needs a second agreement")]
    BeyondPurpose,
    /// A protected type is asked without a registered purpose that covers it. No agreement changes that.
    #[error("a protected type is not shown without a registered purpose")]
    ProtectedType,
    /// The consent was given to another plan.
    #[error("the agreement was to something else")]
    ToSomethingElse,
}

impl ConsentMissing {
    /// `consent_required`, `log_proof_invalid`, `beyond_purpose`, `protected_type`.
    pub fn reason(self) -> Reason {
        match self {
            ConsentMissing::UnknownVerifier | ConsentMissing::ToSomethingElse => Reason::ConsentRequired,
            ConsentMissing::LogInvalid => Reason::LogProofInvalid,
            ConsentMissing::BeyondPurpose => Reason::BeyondPurpose,
            ConsentMissing::ProtectedType => Reason::ProtectedType,
        }
    }
}

impl DisclosurePlan {
    /// Whether a second, explicit agreement is needed: nobody vouches for the verifier, for its purpose, or for all it asks.
    pub fn needs_second_agreement(&self) -> bool {
        !self.asker.is_vouched_for()
    }

    /// Whether what is asked goes beyond the verifier's registered purpose. It is refused unless the person agrees to just that.
    pub fn is_beyond_purpose(&self) -> bool {
        !self.asker.beyond_purpose.is_empty()
    }

    /// Whether a protected type is asked without a registered purpose that covers it. Then nothing is shown.
    pub fn is_protected(&self) -> bool {
        self.answers.iter().any(|answer| answer.protected)
    }

    /// Turns what the person said into the permission.
    ///
    /// # Errors
    /// [`ConsentMissing`]: a second agreement is missing, the other one was given, or none would do.
    pub fn consent(&self, agreement: Agreement) -> Result<Consent, ConsentMissing> {
        if self.is_protected() {
            return Err(ConsentMissing::ProtectedType);
        }
        match agreement {
            Agreement::ToThisAndBeyondThePurpose => {}
            _ if self.is_beyond_purpose() => return Err(ConsentMissing::BeyondPurpose),
            Agreement::ToThis if self.asker.log.is_err() => return Err(ConsentMissing::LogInvalid),
            Agreement::ToThis if self.needs_second_agreement() => {
                return Err(ConsentMissing::UnknownVerifier);
            }
            Agreement::ToThis | Agreement::ToThisAndToAnUnknownVerifier => {}
        }
        Ok(Consent { digest: self.digest() })
    }
}

impl Consent {
    /// Uses the consent up.
    pub(crate) fn redeem(self, plan: &DisclosurePlan) -> Result<(), ConsentMissing> {
        if self.digest == plan.digest() { Ok(()) } else { Err(ConsentMissing::ToSomethingElse) }
    }
}
