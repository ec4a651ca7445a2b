mod letters;
mod progress;
mod report;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use jiff::SignedDuration;
use portage_catalog::{Addressee, CredentialType, RegisterMapping, RegisterRecord};
use portage_clock::Clock;
use portage_issuer::{
    Issuer, OfferData, OfferDelivery, OfferError, Reading, Record, Register, RegisterError, RowRefusal,
    StandingOffer, StoreFailure,
};
use portage_reason::Reason;
use portage_service::ExitCode;
use portage_storage::issuer::SqliteIssuances;
use portage_strict_json::{Limits, elements_at};
use portage_web::language_of_terminal;
use serde_json::{Map, Value};

use self::{
    letters::Letters,
    progress::Bar,
    report::{Answer, At, Place, Report},
};
use super::CommandError;
use crate::{
    args::{Common, OfferArgs},
    did_log, paper, rows, wiring,
};

/// Longest file of claims: that of a bulk import.
const CLAIMS: Limits = Limits { max_bytes: 64 << 20, max_depth: 32 };

/// Offers what a file holds, an offer a line. Rows that are refused leave the others standing.
pub(crate) async fn run(args: &OfferArgs, common: &Common, clock: &Clock) -> Result<ExitCode, CommandError> {
    let deployment = wiring::open(&common.dir, clock.now())?;
    let issuer = deployment.issuer;
    if issuer.has_ended() {
        return Err(did_log::ended());
    }
    let credential_type = offered_type(&issuer, args)?.clone();
    let letters = match &args.letter {
        Some(folder) => Some(Letters::open(folder, deployment.config.office, &credential_type, args.check)?),
        None => None,
    };
    let report = Report::new(common.json, args.check);
    let mut clerk = Clerk {
        issuer,
        args,
        clock,
        batch: Vec::new(),
        batch_size: FIRST_BATCH,
        written_at: 0,
        report,
        letters,
        bar: None,
    };
    match (&args.claims, &args.from) {
        (Some(file), _) => clerk.offer_claims(file).await?,
        (None, Some(file)) => clerk.offer_register(file, &credential_type).await?,
        (None, None) => return Err(CommandError::Usage("--claims or --from".to_owned())),
    }
    clerk.report.finish()
}

fn offered_type<'a>(
    issuer: &'a Issuer<SqliteIssuances>,
    args: &OfferArgs,
) -> Result<&'a CredentialType, CommandError> {
    let id = &args.credential_type;
    let credential_type = issuer
        .catalog()
        .credential_type(id)
        .filter(|_| issuer.profile().types.contains(id))
        .ok_or_else(|| CommandError::Usage(format!("--type: this issuer does not offer {id}")))?;
    match args.format {
        Some(format) if !credential_type.formats.contains(&format) => {
            Err(CommandError::Usage(format!("--format: {id} is not issued as {}", format.name())))
        }
        _ => Ok(credential_type),
    }
}

/// Who is named in the trail for what the operator does at the command line.
pub(super) const COMMAND_LINE: &str = "(command line)";

/// How many rows are written in the first transaction of the store: the clerk soon sees what comes of them.
const FIRST_BATCH: usize = 100;

/// How many in the later ones, each of which has twice as many as the one before.
const MAX_BATCH: usize = 6_400;

/// How much of a register waits to be written: a row can be long.
const MAX_BATCH_BYTES: u64 = 8 << 20;

/// Makes the offers and has them printed.
struct Clerk<'a> {
    issuer: Issuer<SqliteIssuances>,
    args: &'a OfferArgs,
    clock: &'a Clock,
    /// Rows that were read and not yet written.
    batch: Vec<Waiting>,
    batch_size: usize,
    /// How much of the register was read when the last batch was written.
    written_at: u64,
    report: Report,
    /// Where letters are wanted.
    letters: Option<Letters>,
    /// While a register is read.
    bar: Option<Bar>,
}

/// A row that was read and not yet written.
struct Waiting {
    place: Place,
    addressee: Option<Addressee>,
    data: Result<OfferData, RowRefusal>,
}

impl Clerk<'_> {
    /// One claims object, or an array of them.
    async fn offer_claims(&mut self, file: &Path) -> Result<(), CommandError> {
        let bytes = read(file)?;
        let value = portage_strict_json::parse(&bytes, CLAIMS)
            .map_err(|error| CommandError::Refused(error.reason(), format!("--claims: {error}")))?;
        let rows = match value {
            Value::Array(rows) => rows,
            one => vec![one],
        };
        let mut positions = elements_at(&bytes, CLAIMS).into_iter();
        drop(bytes);
        for (row, number) in rows.into_iter().zip(1..) {
            let data = match row {
                Value::Object(claims) => Ok(self.data(Record::Claims, claims)),
                _ => Err(RowRefusal::new(None, Reason::Malformed, "row.no_claims", &[])),
            };
            let place = Place { row: number, at: positions.next().map(At::Element) };
            self.take(Waiting { place, addressee: None, data }, None).await?;
        }
        self.write(None).await
    }

    /// The rows of a register, or the one with the key asked for.
    async fn offer_register(
        &mut self,
        file: &Path,
        credential_type: &CredentialType,
    ) -> Result<(), CommandError> {
        let Some(mapping) = &credential_type.register else {
            let id = &credential_type.id;
            return Err(CommandError::Usage(format!("--from: the type {id} has no register.json")));
        };
        if self.letters.is_some() && mapping.letter.is_none() {
            let id = &credential_type.id;
            return Err(CommandError::Usage(format!(
                "--letter: the register.json of the type {id} does not say where a letter goes"
            )));
        }
        let (bar, counted) = Bar::over(open(file)?, length_of(file), self.args.progress);
        self.bar = Some(bar);
        let reading = Reading { encoding: self.args.encoding, separator: self.args.separator };
        let register = Register::open(counted, reading, mapping).map_err(explain_register)?;
        let mut found = self.args.record.is_none();
        for row in register {
            let row = row.map_err(|error| unreadable(file, &error))?;
            if let Some(bar) = &self.bar {
                bar.show(row.number);
            }
            if let Some(key) = &self.args.record
                && row.record.as_ref().ok().is_none_or(|record| record.record != *key)
            {
                continue;
            }
            found = true;
            let place = Place { row: row.number, at: Some(At::Line(row.line)) };
            let waiting = match row.record {
                Ok(mut record) => {
                    let addressee = record.addressee.take().filter(|_| self.letters.is_some());
                    let data = self.data_of_record(record, mapping);
                    let data = match self.letters {
                        Some(_) => data.and_then(|data| paper::check(addressee.as_ref()).map(|()| data)),
                        None => data,
                    };
                    Waiting { place, addressee, data }
                }
                Err(refusal) => Waiting { place, addressee: None, data: Err(refusal) },
            };
            self.take(waiting, Some(mapping)).await?;
        }
        self.write(Some(mapping)).await?;
        self.bar = None;
        if found {
            Ok(())
        } else {
            Err(CommandError::Refused(
                Reason::ValueMissing,
                "--record: no readable row has this key".to_owned(),
            ))
        }
    }

    fn data_of_record(
        &self,
        record: RegisterRecord,
        mapping: &RegisterMapping,
    ) -> Result<OfferData, RowRefusal> {
        let today = mapping.time_zone.to_datetime(self.clock.now()).date();
        rows::check_validity(&record, mapping, self.args.as_of.unwrap_or(today))?;
        Ok(OfferData {
            valid_from: record.validity.from,
            valid_until: record.validity.until,
            ..self.data(Record::Key(record.record), record.claims)
        })
    }

    fn data(&self, record: Record, claims: Map<String, Value>) -> OfferData {
        OfferData {
            credential_type: self.args.credential_type.clone(),
            format: self.args.format,
            record,
            claims,
            valid_from: None,
            valid_until: None,
            as_of: self.args.as_of,
            life: SignedDuration::from_hours(24 * i64::from(self.args.expires)),
            tx_code: self.args.tx_code,
            delivery: if self.args.by_value { OfferDelivery::ByValue } else { OfferDelivery::ByReference },
            standing: if self.args.again { StandingOffer::Replace } else { StandingOffer::Keep },
        }
    }

    async fn take(
        &mut self,
        waiting: Waiting,
        mapping: Option<&RegisterMapping>,
    ) -> Result<(), CommandError> {
        self.batch.push(waiting);
        let read = self.bar.as_ref().map_or(0, Bar::read);
        if self.batch.len() < self.batch_size && read - self.written_at < MAX_BATCH_BYTES {
            return Ok(());
        }
        self.written_at = read;
        self.batch_size = MAX_BATCH.min(2 * self.batch_size);
        self.write(mapping).await
    }

    /// Writes the rows of the batch and prints them in their order: what is printed is durable.
    async fn write(&mut self, mapping: Option<&RegisterMapping>) -> Result<(), CommandError> {
        let batch = std::mem::take(&mut self.batch);
        let (whose, data): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|waiting| ((waiting.place, waiting.addressee), waiting.data)).unzip();
        let answers = self.answer(data).await?;
        let now = self.clock.now();
        for ((place, addressee), answer) in whose.into_iter().zip(answers) {
            let answer = match answer {
                Ok(Ok(Answer::Offer(offer, _))) => {
                    let written = match &self.letters {
                        Some(letters) => letters.write(place.row, &offer, addressee, now)?,
                        None => None,
                    };
                    Ok(Answer::Offer(offer, written))
                }
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(error)) => Err(rows::explain(&error, mapping)),
                Err(refusal) => Err(refusal),
            };
            self.report.tell(place, answer);
        }
        let report = &mut self.report;
        match &self.bar {
            Some(bar) => bar.aside(|| report.print()),
            None => report.print(),
        }
    }

    /// The answers in the order of the batch.
    async fn answer(&self, batch: Vec<Result<OfferData, RowRefusal>>) -> Result<Vec<Answered>, CommandError> {
        let mut refusals = Vec::with_capacity(batch.len());
        let mut data = Vec::with_capacity(batch.len());
        for row in batch {
            match row {
                Ok(row) => {
                    data.push(row);
                    refusals.push(None);
                }
                Err(refusal) => refusals.push(Some(refusal)),
            }
        }
        let mut answers = self.ask(data).await.map_err(|failure| super::store_failure(&failure))?.into_iter();
        let answer = |refusal: Option<RowRefusal>| match refusal {
            Some(refusal) => Ok(Err(refusal)),
            None => match answers.next() {
                Some(answer) => Ok(Ok(answer)),
                None => Err(CommandError::Fault("a row was left without an answer".to_owned())),
            },
        };
        refusals.into_iter().map(answer).collect()
    }

    async fn ask(&self, data: Vec<OfferData>) -> Result<Vec<Result<Answer, OfferError>>, StoreFailure> {
        let now = self.clock.now();
        if self.args.check {
            let checked = self.issuer.check_offers(data, now).await?;
            Ok(checked.into_iter().map(|checked| checked.map(Answer::Checked)).collect())
        } else {
            let created = self.issuer.create_offers_by(data, COMMAND_LINE, now).await?;
            Ok(created
                .into_iter()
                .map(|offer| offer.map(|offer| Answer::Offer(Box::new(offer), None)))
                .collect())
        }
    }
}

/// What comes of a row: refused before the issuer saw it, or what the issuer says.
type Answered = Result<Result<Answer, OfferError>, RowRefusal>;

fn explain_register(error: RegisterError) -> CommandError {
    match error.reason() {
        Some(reason) => {
            let text = error.text();
            // The reason's name follows it.
            let sentence = text.in_language(language_of_terminal()).trim_end_matches('.');
            CommandError::Refused(reason, sentence.to_owned())
        }
        None => CommandError::fault(error),
    }
}

fn open(file: &Path) -> Result<Box<dyn Read>, CommandError> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    File::open(file).map(|file| Box::new(file) as Box<dyn Read>).map_err(|error| unreadable(file, &error))
}

/// How long the file is, if it is one.
fn length_of(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
}

fn read(file: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    // One byte more than is read: a longer file is `too_large`, not cut.
    let limit = u64::try_from(CLAIMS.max_bytes).unwrap_or(u64::MAX) + 1;
    open(file)?.take(limit).read_to_end(&mut bytes).map_err(|error| unreadable(file, &error))?;
    Ok(bytes)
}

fn unreadable(file: &Path, error: &io::Error) -> CommandError {
    CommandError::Fault(format!("{} could not be read: {error}", file.display()))
}
