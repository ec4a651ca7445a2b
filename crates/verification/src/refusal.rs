use portage_reason::Reason;

/// Why a credential or presentation is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A check said no.
    Rejected(Reason),
    /// It could not be found out.
    Indeterminate(Reason),
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Refusal::Rejected(reason)
    }
}

impl Refusal {
    pub(crate) const fn reason(self) -> Reason {
        match self {
            Refusal::Rejected(reason) | Refusal::Indeterminate(reason) => reason,
        }
    }

    pub(crate) const fn is_rejected(self) -> bool {
        matches!(self, Refusal::Rejected(_))
    }
}
