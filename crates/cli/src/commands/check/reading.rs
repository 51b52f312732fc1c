//! Statements are read by a thread of their own while those before them are reviewed.

use std::sync::mpsc::{channel, sync_channel};

use sluice_review::{Chunk, Purpose, Supply};

use super::Item;

/// So many statements are handed over at once: each time costs system calls.
const BATCH: usize = 256;
/// So many batches are read ahead.
const AHEAD: usize = 4;
/// One file of fewer statements is not worth a thread.
const ALONE: usize = 100;

/// So many answers may wait to be added.
const WAITING: usize = 64;

/// Calls `take` for each item in turn, and `add` with its answers, while a thread reads the statements that come next, and frees
/// those that were looked at: memory is freed fastest by the thread that took it. Where there is much, adding is done by a thread, too.
pub(super) fn with_statements<A: Send>(
    items: &[Item],
    mut take: impl FnMut(&Item, Supply<'_>) -> A,
    mut add: impl FnMut(&Item, A) + Send,
) {
    let purpose = |item: &Item| if item.reviewed { Purpose::Review } else { Purpose::Replay };
    if let [item] = items
        && item.script.statements.len() < ALONE
    {
        let answer = take(item, Supply::new(&mut item.script.chunks(purpose(item)), &mut drop));
        return add(item, answer);
    }
    std::thread::scope(|scope| {
        let (sender, batches) = sync_channel::<Vec<Option<Chunk>>>(AHEAD);
        let (back, spent) = channel::<Chunk>();
        scope.spawn(move || {
            let (mut batch, mut size) = (Vec::new(), 0);
            for item in items {
                // The end of each is told, so that the next one begins.
                for chunk in item.script.chunks(purpose(item)).map(Some).chain([None]) {
                    size += chunk.as_ref().map_or(1, Chunk::len);
                    batch.push(chunk);
                    if size >= BATCH {
                        if sender.send(std::mem::take(&mut batch)).is_err() {
                            return;
                        }
                        size = 0;
                        spent.try_iter().for_each(drop);
                    }
                }
            }
            if sender.send(batch).is_ok() {
                drop(sender);
                spent.iter().for_each(drop);
            }
        });
        let (answers, answered) = sync_channel::<Vec<A>>(AHEAD);
        scope.spawn(move || {
            let mut answers = answered.into_iter().flatten();
            for (item, answer) in items.iter().zip(&mut answers) {
                add(item, answer);
            }
        });
        let mut pending = Vec::new().into_iter();
        let mut waiting = Vec::with_capacity(WAITING);
        for item in items {
            let mut next = || {
                loop {
                    match pending.next() {
                        Some(chunk) => return chunk,
                        None => pending = batches.recv().ok()?.into_iter(),
                    }
                }
            };
            let mut chunks = std::iter::from_fn(&mut next).fuse();
            // Nobody is there to free it any more: then it is freed here.
            waiting.push(take(item, Supply::new(&mut chunks, &mut |chunk| drop(back.send(chunk)))));
            chunks.for_each(drop);
            if waiting.len() == WAITING {
                // Whoever adds ends only with a panic, which is told when it is joined.
                let _ = answers.send(std::mem::replace(&mut waiting, Vec::with_capacity(WAITING)));
            }
        }
        let _ = answers.send(waiting);
        drop(back);
    });
}
