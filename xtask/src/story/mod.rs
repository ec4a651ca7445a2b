//! A citizen carries credentials of three tiers of government to a service, which gets a decision.

mod learned;
mod overasking;
mod party;
mod proxy;
mod told;
mod world;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use jiff::{Timestamp, tz::TimeZone};
use learned::{ASKED_ABOUT, LIST_FETCHED};
use party::Service;
use portage_clock::Clock;
pub use told::{Decision, Step, Story};
pub use world::World;

/// The birth date of the story's citizen, as Person holds it: a test searches every party's store for it.
pub const BIRTH_DATE: u32 = 19_900_228;
/// The purpose that the Province signed for the service.
pub const PURPOSE: &str = "market-vendor-permit";
/// The same, asking for the licence as `vc+jwt`: a purpose of the market's own, beside its configuration.
pub const PURPOSE_OF_OTHER_FORMS: &str = "market-vendor-permit-jwt";
/// What the programs of a demo keep a status list for: `ttl` and the least time between two fetches.
const LIST_LIFETIME: Duration = Duration::from_millis(1_000);

/// Plays the whole story with the programs in `programs`; `say` hears each line of it as it happens.
///
/// # Errors
/// Whatever did not go as told, with the program's own words.
pub async fn play(programs: &Path, plot: &Plot, say: &dyn Fn(&str)) -> Result<(Story, World)> {
    let world = World::start(programs, plot).await?;
    world.learned();
    let mut teller = Teller { world: &world, plot, say, story: Story::default() };
    teller.tell_who_vouches();
    let licence = teller.issue_all().await?;
    teller.village_tries_more().await?;
    teller.first_request().await?;
    if !plot.other_forms {
        teller.stall_asks_too_much().await?;
    }
    teller.revoke(&licence).await?;
    teller.second_request().await?;
    teller.tell_of_lists();
    let story = teller.story;
    Ok((story, world))
}

/// What a telling of the story can vary.
#[derive(Debug, Clone, Default)]
pub struct Plot {
    /// An instant at which every program's clock starts (`PORTAGE_CLOCK`).
    pub clock: Option<Timestamp>,
    /// `issuer offer` arguments for the licence of a real register, in the place of the made-up one.
    pub licence_from_register: Option<Vec<String>>,
    /// The licence as `vc+jwt` and the card signed with `eddsa-jcs-2022`, in the place of the story's own forms.
    pub other_forms: bool,
    /// Every issuer signs with P-384, and every credential is bound to a key of P-256.
    pub ecdsa: bool,
}

struct Teller<'w> {
    world: &'w World,
    plot: &'w Plot,
    say: &'w dyn Fn(&str),
    story: Story,
}

impl Teller<'_> {
    /// Notes a step: what was done, and what each party learned by it.
    fn step(&mut self, who: &str, did: impl Into<String>) {
        let step = Step { who: who.to_owned(), did: did.into(), learned: self.world.learned() };
        (self.say)(&format!("{}. {} {}", self.story.steps.len() + 1, step.who, step.did));
        for line in by_party(&step.learned) {
            (self.say)(&format!("     {line}"));
        }
        self.story.steps.push(step);
    }

    /// What the authorities said before the story begins.
    fn tell_who_vouches(&mut self) {
        self.step(
            "Canada",
            "lets the Province vouch for issuers of Person and Business Licence in British Columbia, and Transport Canada issue Operator Cards. The citizen's wallet and the market pin Canada's key and no other.",
        );
        self.step(
            "The Province",
            "lets its own office issue Person, and the City and a village Business Licences, each for itself. It signs what a market and a stall may ask, and why.",
        );
    }

    /// A village offers what only the Province may issue.
    async fn village_tries_more(&mut self) -> Result<()> {
        let village = &self.world.village;
        let mut claims = person();
        // What the village believes: that it knows better is not the point.
        claims["birthdate_dateint"] = json!(19_880_704);
        let (_, offer) = self.offer("The village", village, "person", &claims, &[]).await?;
        let mut arguments = vec!["accept", "--yes"];
        arguments.extend(offer.iter().map(String::as_str));
        let reason = "issuer_not_authorized_for_type";
        self.refused(&arguments, reason).await?;
        self.step(
            "The citizen",
            format!("wants to accept it; the wallet refuses: {reason}. The village was not given the right."),
        );
        Ok(())
    }

    /// A stall has the same purpose, and asks for more.
    async fn stall_asks_too_much(&mut self) -> Result<()> {
        let stall = &self.world.stall;
        let did = "has the same signed purpose as the market, and asks for the birth date as well.";
        let request = self.request_of("A stall", stall, did).await?;
        let uri = overasking::with_birth_date(&stall.program.folder, &request.uri).await?;
        let reason = "beyond_purpose";
        self.refused(&["present", "--yes", &uri], reason).await?;
        self.step(
            "The citizen",
            format!(
                "wants to answer; the wallet refuses: {reason}. What the Province signed has no birth date in it."
            ),
        );
        Ok(())
    }

    /// A command of the wallet that must end with this reason.
    async fn refused(&mut self, arguments: &[&str], reason: &str) -> Result<()> {
        let answer = self.world.wallet.run(arguments).await?;
        let last = answer.stderr.split_whitespace().last().unwrap_or_default().to_owned();
        ensure!(
            answer.code == 1 && last == reason,
            "the wallet should have refused ({reason}): {}",
            answer.stderr
        );
        self.story.refusals.push(last);
        Ok(())
    }

    /// Three offers, accepted; the reference of the licence comes back.
    async fn issue_all(&mut self) -> Result<String> {
        let world = self.world;
        let (_, offer) = self
            .offer("The Province", &world.province, "person", &person(), &["--tx-code".to_owned()])
            .await?;
        self.accept("a Person credential from the Province, with the code from the letter", &offer).await?;
        let (_, offer) =
            self.offer("The federal tier", &world.federal, "operator-card", &card(), &[]).await?;
        self.accept("an Operator Card from the federal tier", &offer).await?;
        let (licence, offer) = match &self.plot.licence_from_register {
            None if self.plot.other_forms => {
                let format = ["--format".to_owned(), "vc+jwt".to_owned()];
                self.offer("The City", &world.city, "business-licence", &licence(), &format).await?
            }
            None => self.offer("The City", &world.city, "business-licence", &licence(), &[]).await?,
            Some(arguments) => {
                self.offer_with("The City", &world.city, "business-licence", arguments).await?
            }
        };
        self.accept("a Business Licence from the City", &offer).await?;
        Ok(licence)
    }

    /// `issuer offer`: the reference and what to type into the wallet.
    async fn offer(
        &mut self,
        who: &str,
        issuer: &Service,
        kind: &str,
        claims: &Value,
        more: &[String],
    ) -> Result<(String, Vec<String>)> {
        let file = issuer.program.folder.join("claims.json");
        std::fs::write(&file, claims.to_string())?;
        let path = file.to_str().context("a temporary folder with a UTF-8 name")?;
        let mut arguments = vec!["--claims".to_owned(), path.to_owned()];
        arguments.extend_from_slice(more);
        let made = self.offer_with(who, issuer, kind, &arguments).await;
        std::fs::remove_file(&file)?;
        made
    }

    async fn offer_with(
        &mut self,
        who: &str,
        issuer: &Service,
        kind: &str,
        more: &[String],
    ) -> Result<(String, Vec<String>)> {
        let mut arguments = vec!["offer", "--type", kind];
        arguments.extend(more.iter().map(String::as_str));
        let made = issuer.program.one(&arguments).await?;
        let text = |member: &str| made[member].as_str().map(str::to_owned);
        let mut accept = vec![text("offer").context("an offer")?];
        let mut with = "";
        if let Some(code) = text("tx_code") {
            accept.extend(["--tx-code".to_owned(), code]);
            with = ", with a transaction code on a sheet of its own";
        }
        self.step(who, format!("offers a credential of the type {kind}{with}."));
        Ok((text("ref").context("the reference of the offer")?, accept))
    }

    /// `wallet accept`.
    async fn accept(&mut self, what: &str, offer: &[String]) -> Result<()> {
        let mut arguments = vec!["accept", "--yes"];
        if self.plot.ecdsa {
            arguments.extend(["--key", "ES256"]);
        }
        arguments.extend(offer.iter().map(String::as_str));
        self.world.wallet.lines(&arguments).await?;
        self.step("The citizen", format!("accepts {what}: the wallet checked it before it was stored."));
        Ok(())
    }

    async fn first_request(&mut self) -> Result<()> {
        let request = self.request().await?;
        let review = self.world.wallet.one(&["review", &request.uri]).await?;
        ensure!(warnings(&review).is_empty(), "the first review must not warn: {review}");
        ensure!(review["purpose"]["source"] == "vouched", "an authority vouches for the purpose: {review}");
        self.step("The citizen", "reads who asks, why and for what, and what stays hidden.");
        self.world.wallet.one(&["present", "--yes", &request.uri]).await?;
        self.step("The citizen", "agrees: the wallet shows what was asked and nothing else.");
        self.decide(&request).await
    }

    async fn revoke(&mut self, licence: &str) -> Result<()> {
        let since = Instant::now();
        self.world.city.program.one(&["status", licence, "revoke"]).await?;
        self.step("The City", "revokes the licence.");
        // What anybody holds of the old list is over once its lifetime has passed.
        tokio::time::sleep(LIST_LIFETIME.saturating_sub(since.elapsed())).await;
        Ok(())
    }

    async fn second_request(&mut self) -> Result<()> {
        let request = self.request().await?;
        let review = self.world.wallet.one(&["review", &request.uri]).await?;
        ensure!(warnings(&review).contains(&"revoked"), "the second review must warn: {review}");
        self.step(
            "The citizen",
            "sees a warning at review: the wallet found the licence on the City's list.",
        );
        self.world.wallet.run(&["present", "--yes", &request.uri]).await?;
        self.step("The citizen", "shows it all the same.");
        self.decide(&request).await
    }

    fn tell_of_lists(&self) {
        if self.story.steps.iter().flat_map(|step| &step.learned).any(|fact| fact.ends_with(LIST_FETCHED)) {
            (self.say)(
                "Besides, each issuer learned at times that somebody fetched its whole status list, not for which entry.",
            );
        }
        if self.story.steps.iter().flat_map(|step| &step.learned).any(|fact| fact.ends_with(ASKED_ABOUT)) {
            (self.say)(
                "And each authority learned at times that somebody asked whom it vouches for, naming an issuer and no person.",
            );
        }
    }

    async fn request(&mut self) -> Result<Request> {
        let did =
            "asks for the purpose that the Province signed: over 19, the trade name, that the card exists.";
        self.request_of("The market", &self.world.market, did).await
    }

    async fn request_of(&mut self, who: &str, verifier: &Service, did: &str) -> Result<Request> {
        let purpose =
            if self.plot.other_forms && who == "The market" { PURPOSE_OF_OTHER_FORMS } else { PURPOSE };
        let made = verifier.program.one(&["request", "--purpose", purpose]).await?;
        let text =
            |member: &str| made[member].as_str().map(str::to_owned).with_context(|| format!("a {member}"));
        let request = Request { transaction: text("transaction")?, uri: text("request_uri")? };
        self.step(who, did);
        Ok(request)
    }

    async fn decide(&mut self, request: &Request) -> Result<()> {
        let result = self.world.market.program.one(&["result", &request.transaction]).await?;
        let decision = Decision::from_result(&result);
        let reasons = decision.reasons.join(", ");
        let told = if reasons.is_empty() {
            decision.decision.clone()
        } else {
            format!("{}: {reasons}", decision.decision)
        };
        self.story.decisions.push(decision);
        self.step("The market", format!("has its decision: {told}."));
        Ok(())
    }
}

struct Request {
    transaction: String,
    uri: String,
}

/// `"<party>: <fact>"` as one line a party: `"<party> learned: <fact>; <fact>"`.
fn by_party(learned: &[String]) -> Vec<String> {
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    let told = learned.iter().filter_map(|line| line.split_once(": "));
    for (party, fact) in told.filter(|(_, fact)| ![LIST_FETCHED, ASKED_ABOUT].contains(fact)) {
        match lines.last_mut() {
            Some((same, facts)) if *same == party => facts.push(fact),
            _ => lines.push((party, vec![fact])),
        }
    }
    lines.into_iter().map(|(party, facts)| format!("{party} learned: {}", facts.join("; "))).collect()
}

/// The reasons that a review warns of.
fn warnings(review: &Value) -> Vec<&str> {
    review["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|warning| warning["reason"].as_str())
        .collect()
}

/// What the Province knows of the citizen.
fn person() -> Value {
    json!({
        "given_names": "Ada Mae",
        "family_name": "Tremblay",
        "birthdate_dateint": BIRTH_DATE,
        "street_address": "146 Third Avenue",
        "locality": "Vancouver",
        "region": "BC",
        "postal_code": "V5T 1C8",
        "country": "CA",
        "expiry_date_dateint": i32::from(this_year() + 3) * 10_000 + 1_231
    })
}

/// What the federal tier knows of the card.
fn card() -> Value {
    json!({"card_class": "Motorized pleasure craft"})
}

/// What the City knows of the business. The licence runs to the end of next year.
fn licence() -> Value {
    let year = this_year();
    json!({
        "licence_number": "26-100042",
        "business_name": "Tremblay Fisheries Ltd",
        "trade_name": "Ada's Smoked Salmon",
        "business_type": "Market vendor",
        "issued_date": format!("{year}-01-02"),
        "expiry_date": format!("{}-12-31", year + 1),
        "house": "12",
        "street": "Harbour Road",
        "city": "Vancouver",
        "province": "BC",
        "postal_code": "V5K 0A1",
        "country": "CA"
    })
}

/// The year it is: the story's documents run to the end of another one.
fn this_year() -> i16 {
    TimeZone::UTC.to_datetime(Clock::system().now()).year()
}
