//! What has to be read before somebody can be judged, stage by stage.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use portage_federation::{AnchorInquiry, EntityId, FederationKeys, FormerKeysInquiry, Logged};

use crate::{Inquiry, ResolvedChains, Wanted, authorities::MAX_CHAINS, logs::LogQuestion};

/// An inquiry whose answers are kept when it ends: chains first, then the former keys of authorities whose marks are older than their
/// keys, then the logs that the chains rest on, and a purpose statement that was brought along.
pub(crate) struct Learning {
    asked: String,
    /// A purpose statement, compact.
    statement: Option<String>,
    stage: Stage,
    now: Timestamp,
    chains: Arc<RwLock<ResolvedChains>>,
}

/// What is read now.
pub(crate) enum Stage {
    Chains(AnchorInquiry),
    FormerKeys(Vec<EntityId>, FormerKeysInquiry),
    Logs(Vec<LogQuestion>),
    /// The chains are known: what they need beside themselves is looked for.
    Known,
    Ended,
}

impl Stage {
    /// `None` where nobody has to be asked for keys.
    fn former_keys(of: Vec<(EntityId, FederationKeys)>, now: Timestamp) -> Option<Self> {
        let asked: Vec<_> = of.iter().map(|(id, _)| id.clone()).collect();
        (!asked.is_empty()).then(|| Stage::FormerKeys(asked, FormerKeysInquiry::new(of, now)))
    }
}

impl Learning {
    /// An inquiry about `asked` that begins with `stage`.
    pub(crate) fn about(
        asked: &str,
        stage: Stage,
        now: Timestamp,
        chains: &Arc<RwLock<ResolvedChains>>,
    ) -> Self {
        let (asked, chains) = (asked.to_owned(), chains.clone());
        Learning { asked, statement: None, stage, now, chains }.begun()
    }

    /// An inquiry about a purpose statement of `asked`, whose chains are known.
    pub(crate) fn about_statement(
        asked: &str,
        statement: &str,
        now: Timestamp,
        chains: &Arc<RwLock<ResolvedChains>>,
    ) -> Self {
        let statement = Some(statement.to_owned());
        Learning { asked: asked.to_owned(), statement, stage: Stage::Known, now, chains: chains.clone() }
            .begun()
    }

    fn begun(mut self) -> Self {
        if matches!(self.stage, Stage::Known) {
            self.look_behind_the_chains();
        }
        self
    }

    /// `None` where nothing has to be read.
    pub(crate) fn open(self) -> Option<Box<dyn Inquiry>> {
        if self.wanted().is_empty() { None } else { Some(Box::new(self)) }
    }

    fn read(&self) -> RwLockReadGuard<'_, ResolvedChains> {
        self.chains.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, ResolvedChains> {
        self.chains.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_behind_the_chains(&mut self) {
        let wanted = self.read().former_keys_wanted(&self.asked, self.statement.as_deref(), self.now);
        match Stage::former_keys(wanted, self.now) {
            Some(stage) => self.stage = stage,
            None => self.look_into_the_logs(),
        }
    }

    /// The checkpoint of a statement counts once the statement itself is verified: its time is the issuer's word.
    fn look_into_the_logs(&mut self) {
        let brought: Vec<Logged> = match &self.statement {
            Some(statement) => self.read().logged_by(&self.asked, statement, self.now),
            None => Vec::new(),
        };
        let is_new = self.read().logs.has_news(&brought);
        if !is_new {
            self.stage = Stage::Ended;
            return;
        }
        let questions = self.write().log_questions(&self.asked, &brought, self.now);
        self.settle(questions);
    }

    /// Keeps the answers of those questions that want nothing more, and goes on with the others.
    fn settle(&mut self, questions: Vec<LogQuestion>) {
        let (open, ended): (Vec<_>, Vec<_>) =
            questions.into_iter().partition(|question| !question.wanted().is_empty());
        if !ended.is_empty() {
            let mut chains = self.write();
            ended.into_iter().for_each(|question| chains.logs.settle(question));
        }
        self.stage = if open.is_empty() { Stage::Ended } else { Stage::Logs(open) };
    }
}

impl Inquiry for Learning {
    fn wanted(&self) -> Vec<Wanted> {
        let statements = |urls: Vec<url::Url>| urls.into_iter().map(Wanted::Statement).collect();
        match &self.stage {
            Stage::Chains(inquiry) => statements(inquiry.wanted()),
            Stage::FormerKeys(_, inquiry) => statements(inquiry.wanted()),
            Stage::Logs(questions) => {
                questions.iter().flat_map(LogQuestion::wanted).map(Wanted::LogFile).collect()
            }
            Stage::Known | Stage::Ended => Vec::new(),
        }
    }

    fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Chains(mut inquiry) => {
                inquiry.supply(answers);
                if !inquiry.wanted().is_empty() {
                    self.stage = Stage::Chains(inquiry);
                    return;
                }
                let mut chains = self.write();
                chains.make_room(MAX_CHAINS);
                chains.forget_over(&self.asked, self.now);
                inquiry
                    .into_found()
                    .into_iter()
                    .for_each(|found| chains.insert_about(found.resolved, &self.asked));
                drop(chains);
                self.look_behind_the_chains();
            }
            Stage::FormerKeys(asked, mut inquiry) => {
                inquiry.supply(answers);
                if !inquiry.wanted().is_empty() {
                    self.stage = Stage::FormerKeys(asked, inquiry);
                    return;
                }
                self.write().keep_former(&asked, inquiry.into_found(), self.now);
                self.look_into_the_logs();
            }
            Stage::Logs(mut questions) => {
                let mut answers = answers.into_iter();
                for question in &mut questions {
                    let its_own: Vec<_> =
                        (0..question.wanted().len()).map(|_| answers.next().flatten()).collect();
                    question.supply(its_own.into_iter());
                }
                self.settle(questions);
            }
            Stage::Known | Stage::Ended => {}
        }
    }
}
