//! What becomes of an event whose run did not succeed. Pure.

use std::time::Duration;

use crate::model::{Ending, ErrorBehavior, Failure};

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// What the run staged is committed.
    Commit,
    /// The event is tried again after a while.
    RetryAfter(Duration),
    /// The event is set aside, and the trigger goes on with the next.
    DeadLetter,
    /// The trigger stops, the event not dealt with.
    Disable,
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What becomes of an event whose run, after `attempt` earlier ones, ended so; it
/// is tried again `retries` times at the most.
pub(super) fn next(ending: &Ending, (behavior, retries): (ErrorBehavior, u32), attempt: u32) -> Next {
    let again = match ending {
        Ending::Succeeded => return Next::Commit,
        Ending::Failed(Failure::Invalid(_)) => Again::Pointless,
        Ending::Failed(Failure::TryAgain(_)) | Ending::Stopped(_) | Ending::Crashed(_) => Again::Possible,
    };
    match (behavior, again) {
        (ErrorBehavior::Log, _) | (ErrorBehavior::Retry, Again::Pointless) => Next::DeadLetter,
        (ErrorBehavior::Disable, _) => Next::Disable,
        (ErrorBehavior::Retry, Again::Possible) if attempt >= retries => Next::DeadLetter,
        (ErrorBehavior::Retry, Again::Possible) => Next::RetryAfter(wait(attempt)),
    }
}

enum Again {
    Possible,
    Pointless,
}

/// Twice as long after each attempt, up to a minute.
pub(super) fn wait(attempt: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FailureDetail, Limit, RETRIES};

    #[test]
    fn retries_are_bounded_and_come_later_and_later() {
        let crashed = Ending::Crashed("trap".into());
        let waits: Vec<_> =
            (0..=RETRIES).map(|attempt| next(&crashed, (ErrorBehavior::Retry, RETRIES), attempt)).collect();
        let after = |seconds| Next::RetryAfter(Duration::from_secs(seconds));
        assert_eq!(waits, [after(1), after(2), after(4), after(8), after(16), Next::DeadLetter]);
        assert_eq!(wait(1_000), LONGEST_WAIT);
        assert_eq!(next(&crashed, (ErrorBehavior::Retry, 0), 0), Next::DeadLetter);
        assert_eq!(next(&crashed, (ErrorBehavior::Retry, u32::MAX), 1_000_000), after(60));
    }

    #[test]
    fn what_the_plugin_calls_invalid_is_not_tried_again() {
        let invalid = Ending::Failed(Failure::Invalid(FailureDetail { message: "bad".into(), traceback: None }));
        assert_eq!(next(&invalid, (ErrorBehavior::Retry, RETRIES), 0), Next::DeadLetter);
    }

    #[test]
    fn the_behavior_decides_about_every_other_ending() {
        let stopped = Ending::Stopped(Limit::Fuel);
        assert_eq!(next(&stopped, (ErrorBehavior::Log, RETRIES), 0), Next::DeadLetter);
        assert_eq!(next(&stopped, (ErrorBehavior::Disable, RETRIES), 0), Next::Disable);
        assert_eq!(next(&Ending::Succeeded, (ErrorBehavior::Disable, RETRIES), 0), Next::Commit);
    }
}
