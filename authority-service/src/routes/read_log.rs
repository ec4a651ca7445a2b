//! The log as it was read: it only grows, so that what was read once is never read again.

use std::sync::Arc;

use portage_transparency_log::ReadEntry;
use tokio::sync::Mutex;

/// Every entry that was read so far, in order.
#[derive(Debug, Default)]
pub(crate) struct ReadLog(Mutex<Arc<Vec<ReadEntry>>>);

impl ReadLog {
    /// The whole log: what was read before, and what `entries_from` gives from there on.
    ///
    /// # Errors
    /// What `entries_from` fails with; what was read before stays.
    pub(super) async fn read_on<E>(
        &self,
        entries_from: impl AsyncFnOnce(u64) -> Result<Vec<Vec<u8>>, E>,
    ) -> Result<Arc<Vec<ReadEntry>>, E> {
        // Held while it is read: two requests at once read it once.
        let mut known = self.0.lock().await;
        let new = entries_from(known.len() as u64).await?;
        if !new.is_empty() {
            Arc::make_mut(&mut known).extend(new.iter().map(|bytes| ReadEntry::read(bytes)));
        }
        Ok(known.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_is_new_is_read() {
        let stored = |count: u8| (0..count).map(|place| vec![place]).collect::<Vec<_>>();
        let (read, mut asked) = (ReadLog::default(), Vec::new());
        for size in [3, 3, 5] {
            let entries = read.read_on(async |from| {
                asked.push(from);
                Ok::<_, ()>(stored(size).split_off(usize::try_from(from).unwrap()))
            });
            assert_eq!(entries.await.unwrap().len(), usize::from(size));
        }
        assert_eq!(asked, [0, 3, 3]);
        assert_eq!(read.read_on(async |_| Err("the store")).await, Err("the store"));
        let entries =
            read.read_on(async |from| Ok::<_, ()>(stored(6).split_off(usize::try_from(from).unwrap())));
        assert_eq!(entries.await.unwrap().len(), 6, "the twin: it goes on from there");
    }
}
