//! How far a register is read: on standard error, a bar on a terminal or lines of text.

use std::{
    cell::Cell,
    io::{self, IsTerminal, Read, Write},
    rc::Rc,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use portage_catalog::{Language, message};
use portage_web::language_of_terminal;

use crate::args::Progress;

/// How many rows go by between two lines of `--progress plain`.
const ROWS_A_LINE: u64 = 10_000;

/// How many rows go by between two looks of the bar.
const ROWS_A_LOOK: u64 = 64;

/// A bar, lines, or nothing.
pub(super) struct Bar {
    how: How,
    read: Rc<Cell<u64>>,
    length: Option<u64>,
    language: Language,
}

enum How {
    Drawn(ProgressBar),
    Lines,
    Nothing,
}

/// The file, its bytes counted as they are read.
pub(super) struct Counted<R> {
    source: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.read.set(self.read.get() + u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

impl Bar {
    /// The bar of a file that is this long, if anybody knows.
    pub(super) fn over<R: Read>(source: R, length: Option<u64>, progress: Progress) -> (Self, Counted<R>) {
        let read = Rc::new(Cell::new(0));
        let how = match progress {
            Progress::Auto if draws() => How::Drawn(drawn(length)),
            Progress::Plain => How::Lines,
            Progress::Auto | Progress::None => How::Nothing,
        };
        let bar = Bar { how, read: Rc::clone(&read), length, language: language_of_terminal() };
        bar.show(0);
        (bar, Counted { source, read })
    }

    /// How many bytes of the file were read.
    pub(super) fn read(&self) -> u64 {
        self.read.get()
    }

    /// After so many rows.
    pub(super) fn show(&self, rows: u64) {
        match &self.how {
            How::Drawn(bar) if rows.is_multiple_of(ROWS_A_LOOK) => {
                let seconds = bar.elapsed().as_secs().max(1);
                let [rows, speed] = [rows, rows / seconds].map(|count| count.to_string());
                let values = [("rows", rows.as_str()), ("speed", &speed)];
                let rows = message("issuer.progress", self.language, &values);
                bar.set_message(format!("{}  {rows}", self.size_read()));
                bar.set_position(self.read.get());
            }
            How::Lines if rows > 0 && rows.is_multiple_of(ROWS_A_LINE) => {
                let read = self.read.get();
                let percent = self.length.filter(|length| *length > 0).map(|length| read * 100 / length);
                let rows = rows.to_string();
                let text = match percent {
                    Some(percent) => {
                        let percent = percent.min(100).to_string();
                        let values = [("rows", rows.as_str()), ("percent", &percent)];
                        message("issuer.progress_percent", self.language, &values)
                    }
                    None => message("issuer.progress_rows", self.language, &[("rows", &rows)]),
                };
                // Err: nobody reads standard error any more.
                let _ = writeln!(io::stderr().lock(), "{text}");
            }
            How::Drawn(_) | How::Lines | How::Nothing => {}
        }
    }

    fn size_read(&self) -> String {
        let read = size(self.read.get(), self.language);
        match self.length {
            Some(length) => {
                let values = [("read", read.as_str()), ("length", &size(length, self.language))];
                message("issuer.progress_size", self.language, &values)
            }
            None => read,
        }
    }

    /// Runs what prints on the terminal, the bar out of its way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.how {
            How::Drawn(bar) => bar.suspend(print),
            How::Lines | How::Nothing => print(),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let How::Drawn(bar) = &self.how {
            bar.finish_and_clear();
        }
    }
}

/// A number of bytes, in words: indicatif knows the English ones alone.
fn size(bytes: u64, language: Language) -> String {
    let (unit, key) = match bytes {
        0..0x400 => (1, "issuer.size_bytes"),
        0x400..0x10_0000 => (0x400, "issuer.size_kib"),
        0x10_0000..0x4000_0000 => (0x10_0000, "issuer.size_mib"),
        _ => (0x4000_0000, "issuer.size_gib"),
    };
    let mark = match language {
        Language::En => '.',
        Language::Fr => ',',
    };
    let (whole, tenths) = (bytes / unit, bytes % unit * 10 / unit);
    let size = if unit == 1 { whole.to_string() } else { format!("{whole}{mark}{tenths}") };
    message(key, language, &[("size", &size)])
}

/// Whether standard error is a terminal that can draw.
fn draws() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn drawn(length: Option<u64>) -> ProgressBar {
    let colour =
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) { "" } else { ".cyan" };
    let template = match length {
        Some(_) => format!("{{bar:20{colour}}} {{msg}}  {{eta}}"),
        None => "{msg}".to_owned(),
    };
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(10));
    // Err: the template is no template; the bar's own is drawn.
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_the_units_of_the_language() {
        for (bytes, en, fr) in [
            (0, "0 B", "0 o"),
            (1_023, "1023 B", "1023 o"),
            (1_024, "1.0 KiB", "1,0 Kio"),
            (1_600_000, "1.5 MiB", "1,5 Mio"),
            (5 << 30, "5.0 GiB", "5,0 Gio"),
        ] {
            let told = Language::ALL.map(|language| size(bytes, language).replace('\u{a0}', " "));
            assert_eq!(told, [en, fr], "{bytes}");
        }
    }
}
