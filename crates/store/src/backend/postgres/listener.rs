//! Hears what other servers tell, on a line of its own.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pool::Pool;
use crate::news::{Bell, News};

/// How often it is asked whether the line still stands. Nothing is missed in between: after each pause everybody looks.
const LOOK: Duration = Duration::from_secs(10);

/// How long it is waited before the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// Begins to listen; goes on until `end`, and does not keep the pool alive.
pub(crate) fn start(pool: &Arc<Pool>, bell: Bell, end: CancellationToken) {
    let weak = Arc::downgrade(pool);
    pool.spawn(async move {
        tokio::select! {
            () = end.cancelled() => {}
            () = listen(weak, bell) => {}
        }
    });
}

async fn listen(pool: Weak<Pool>, bell: Bell) {
    loop {
        let told = bell.clone();
        let heard = Arc::new(move |channel: &str| {
            News::ALL.into_iter().filter(|news| news.channel() == channel).for_each(|news| told.ring(news));
        });
        let Some(pool) = pool.upgrade() else { return };
        let line = pool.connect(Some(heard)).await;
        drop(pool);
        if let Ok(line) = line
            && tokio::time::timeout(LOOK, line.listen()).await.is_ok_and(|listens| listens.is_ok())
        {
            // Something may have happened while nobody listened.
            News::ALL.into_iter().for_each(|news| bell.ring(news));
            loop {
                tokio::time::sleep(LOOK).await;
                if !tokio::time::timeout(LOOK, line.ping()).await.is_ok_and(|answer| answer.is_ok()) {
                    break;
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
