//! Bytes of a register, in whatever encoding, to UTF-8: a piece at a time.
//!
//! **Which encoding.** A byte-order mark says it, and wins. Then the name that was given. Then NULs in every second byte: UTF-16.
//! Otherwise the text is ASCII until a byte is not, however late in the file: there the bytes that follow, at most [`LOOKAHEAD`], are
//! looked at. Read as UTF-8 they make more characters than errors: UTF-8. Else: Windows-1252. What comes later and disagrees is
//! never guessed at again: its row is refused.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Stands in the text for bytes that mean nothing in the encoding. It is no part of any UTF-8, so no row that holds one is read.
pub(super) const MEANINGLESS: u8 = 0xff;

/// How much is read from the file at once.
pub(super) const CHUNK: usize = 64 << 10;

/// How many bytes from the first one that is not ASCII are looked at before an encoding is chosen.
pub(super) const LOOKAHEAD: usize = 64 << 10;

/// A text as it is decoded.
pub(super) struct Decoding<R> {
    source: R,
    /// Read and not decoded.
    raw: Vec<u8>,
    decoder: Option<Decoder>,
    /// Where decoded text stands on its way: the decoder stops at each error, and must not have it made anew each time.
    scratch: Vec<u8>,
    encoding: &'static Encoding,
    is_guess: bool,
    is_over: bool,
}

impl<R: Read> Decoding<R> {
    /// Reads the first piece, for what it tells of the encoding.
    pub(super) fn open(source: R, named: Option<&'static Encoding>) -> io::Result<Self> {
        let mut decoding = Decoding {
            source,
            raw: Vec::new(),
            decoder: None,
            scratch: vec![0; 4 * CHUNK],
            encoding: UTF_8,
            is_guess: false,
            is_over: false,
        };
        decoding.read_to(CHUNK)?;
        let chosen = match Encoding::for_bom(&decoding.raw) {
            Some((encoding, mark)) => {
                decoding.raw.drain(..mark);
                Some(encoding)
            }
            None => named.or_else(|| without_mark(&decoding.raw)),
        };
        if let Some(encoding) = chosen {
            decoding.choose(encoding);
        }
        Ok(decoding)
    }

    /// The first bytes of the file, after a byte-order mark, before anything was decoded.
    pub(super) fn first_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// The encoding; UTF-8 as long as everything was ASCII.
    pub(super) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Whether nobody said the encoding, and the bytes look like no UTF-8.
    pub(super) fn is_guess(&self) -> bool {
        self.is_guess
    }

    /// Adds the next piece to the text; `false` at the end of the file. The piece can be empty before that.
    pub(super) fn fill(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        if self.raw.is_empty() {
            self.read_to(1)?;
        }
        if self.decoder.is_none() {
            let ascii = self.raw.iter().position(|byte| !byte.is_ascii()).unwrap_or(self.raw.len());
            text.extend(self.raw.drain(..ascii));
            if self.raw.is_empty() {
                return Ok(ascii > 0 || !self.is_over);
            }
            self.read_to(LOOKAHEAD)?;
            let encoding = look_at(&self.raw, self.is_over);
            self.is_guess = encoding != UTF_8;
            self.choose(encoding);
        }
        let is_last = self.is_over && self.raw.is_empty();
        let piece = std::mem::take(&mut self.raw);
        self.decode(&piece, text);
        Ok(!is_last)
    }

    fn choose(&mut self, encoding: &'static Encoding) {
        self.encoding = encoding;
        self.decoder = Some(encoding.new_decoder_without_bom_handling());
    }

    /// Reads until so many bytes wait to be decoded, or the file is over.
    fn read_to(&mut self, length: usize) -> io::Result<()> {
        while self.raw.len() < length && !self.is_over {
            let room = u64::try_from(CHUNK).unwrap_or(u64::MAX);
            self.is_over = (&mut self.source).take(room).read_to_end(&mut self.raw)? == 0;
        }
        Ok(())
    }

    /// The end of the file is an empty piece.
    fn decode(&mut self, mut piece: &[u8], text: &mut Vec<u8>) {
        let Some(decoder) = &mut self.decoder else { return };
        let is_last = piece.is_empty();
        let start = text.len();
        loop {
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(piece, &mut self.scratch, is_last);
            text.extend_from_slice(self.scratch.get(..written).unwrap_or_default());
            piece = piece.get(read..).unwrap_or_default();
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => text.push(MEANINGLESS),
            }
        }
        if ![UTF_8, UTF_16LE, UTF_16BE].contains(&self.encoding) {
            forget_controls(text, start);
        }
    }
}

/// The Encoding Standard reads the bytes that Windows-1252 and its like leave undefined as the control characters U+0080 to U+009F. No
/// register holds those: they mean nothing here.
fn forget_controls(text: &mut [u8], start: usize) {
    let mut after_lead = false;
    for byte in text.iter_mut().skip(start) {
        let is_control = after_lead && (0x80..=0x9f).contains(byte);
        after_lead = *byte == 0xc2;
        if is_control {
            *byte = MEANINGLESS;
        }
    }
}

/// UTF-16 of a text that begins with ASCII, as column names do: every second byte is NUL.
fn without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs: Vec<_> = bytes.chunks_exact(2).take(32).collect();
    let most = |at: usize| {
        let nuls = pairs.iter().filter(|pair| pair.get(at) == Some(&0)).count();
        nuls > 0 && nuls * 4 >= pairs.len() * 3
    };
    match (most(0), most(1)) {
        (false, true) => Some(UTF_16LE),
        (true, false) => Some(UTF_16BE),
        _ => None,
    }
}

fn look_at(bytes: &[u8], is_whole: bool) -> &'static Encoding {
    let (mut characters, mut errors) = (0_usize, 0_usize);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        characters += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        // A character can be cut where the look ends.
        let is_cut = chunks.peek().is_none() && !is_whole;
        errors += usize::from(!chunk.invalid().is_empty() && !is_cut);
    }
    if characters >= errors { UTF_8 } else { WINDOWS_1252 }
}
