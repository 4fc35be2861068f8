//! Who may talk to the server.
//!
//! A token is random; only its hash is kept. All tokens are an administrator's,
//! as in InfluxDB 3 Core.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha512};
use subtle::ConstantTimeEq as _;
use tidegate::{Clock, Timestamp};

use crate::catalog::{Catalog, NotKept, StoredToken};

/// What the first token is called, in InfluxDB 3 too.
pub(crate) const OPERATOR: &str = "_admin";

/// What every token begins with.
const PREFIX: &str = "apiv3_";

/// Shorter ones could be guessed.
const SHORTEST: usize = 40;

/// The tokens that there are.
#[derive(Debug)]
pub(crate) struct Tokens {
    catalog: Arc<Catalog>,
    clock: Arc<dyn Clock>,
}

/// A token that was just made, for the only time that it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct NewToken {
    id: u64,
    name: String,
    token: String,
    hash: String,
    created_at: String,
    expiry: Option<String>,
}

/// A token that was made without a server, in a file.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenFile {
    token: String,
    /// Milliseconds since 1970.
    expiry_millis: Option<i64>,
}

/// Why a token is not as somebody wants it.
#[derive(Debug)]
pub(crate) enum TokenError {
    /// There is one of this name.
    Exists(String),
    /// There is none of this name.
    NotFound(String),
    /// It is the operator's, which cannot be deleted.
    Operator,
    /// The name is none.
    Name(String),
    /// It is none, or one that could be guessed.
    Weak,
    /// It is not the one that the operator has.
    Other,
    /// The operating system gives no random bytes.
    NoChance,
    /// It cannot be kept.
    NotKept(NotKept),
}

// InfluxDB 3's texts, where it has some.
impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(name) => write!(f, "token name already exists, {name}"),
            Self::NotFound(name) => write!(f, "token not found. token=`{name}`"),
            Self::Operator => f.write_str("the operator's token cannot be deleted; regenerate it instead"),
            Self::Name(name) => {
                write!(f, "a token's name is 1 to 128 characters and none of them a control character. name=`{name}`")
            }
            Self::Weak => write!(f, "a token begins with {PREFIX} and has at least {SHORTEST} characters; make one with `tidegate create token --admin --offline`"),
            Self::Other => f.write_str("the operator has another token already; make it anew with `tidegate create token --admin --regenerate`"),
            Self::NoChance => f.write_str("the operating system gives no random bytes; try again"),
            Self::NotKept(error) => fmt::Display::fmt(error, f),
        }
    }
}

/// Whether the name that a new token is to have may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IfTaken {
    Refuse,
    Replace,
}

impl Tokens {
    pub(crate) fn new(catalog: Arc<Catalog>, clock: Arc<dyn Clock>) -> Self {
        Self { catalog, clock }
    }

    /// Makes the operator's token.
    ///
    /// # Errors
    /// [`TokenError::Exists`] if there is one.
    pub(crate) async fn create_operator(&self) -> Result<NewToken, TokenError> {
        self.create((OPERATOR, None), IfTaken::Refuse).await
    }

    /// Makes the operator's token anew: the old one is good for nothing more.
    ///
    /// # Errors
    /// [`TokenError::NotFound`] if there is none.
    pub(crate) async fn regenerate_operator(&self) -> Result<NewToken, TokenError> {
        if !self.catalog.now().tokens.contains_key(OPERATOR) {
            return Err(TokenError::NotFound(OPERATOR.to_owned()));
        }
        self.create((OPERATOR, None), IfTaken::Replace).await
    }

    /// Makes a token called `name`, good for as long as it says.
    ///
    /// # Errors
    /// [`TokenError::Exists`] if the name is taken.
    pub(crate) async fn create_named(&self, name: &str, expiry: Option<Duration>) -> Result<NewToken, TokenError> {
        let is_name = (1..=128).contains(&name.chars().count()) && !name.contains(char::is_control);
        if !is_name {
            return Err(TokenError::Name(name.to_owned()));
        }
        let expires = expiry.map(|expiry| self.clock.now().saturating_add(expiry));
        self.create((name, expires), IfTaken::Refuse).await
    }

    async fn create(
        &self,
        (name, expires): (&str, Option<Timestamp>),
        if_taken: IfTaken,
    ) -> Result<NewToken, TokenError> {
        let mut bytes = [0_u8; 64];
        SysRng.try_fill_bytes(&mut bytes).map_err(|_| TokenError::NoChance)?;
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        self.keep((name, &token), expires, if_taken).await
    }

    /// Makes the token in a file that was made without a server the operator's,
    /// whatever it is called there.
    ///
    /// # Errors
    /// [`TokenError::Weak`] if it could be guessed, [`TokenError::Other`] if the
    /// operator has another one.
    pub(crate) async fn adopt(&self, file: TokenFile) -> Result<(), TokenError> {
        if !file.token.starts_with(PREFIX) || file.token.len() < SHORTEST {
            return Err(TokenError::Weak);
        }
        if let Some(operator) = self.catalog.now().tokens.get(OPERATOR) {
            return if operator.hash == hash(&file.token) { Ok(()) } else { Err(TokenError::Other) };
        }
        let expires = file.expiry_millis.and_then(|millis| millis.checked_mul(1_000_000)).map(Timestamp);
        self.keep((OPERATOR, &file.token), expires, IfTaken::Refuse).await.map(|_| ())
    }

    async fn keep(
        &self,
        (name, token): (&str, &str),
        expires: Option<Timestamp>,
        if_taken: IfTaken,
    ) -> Result<NewToken, TokenError> {
        let (hash, created) = (hash(token), self.clock.now());
        let stored =
            |id| StoredToken { id, hash: hash.clone(), created: Some(created.0), expires: expires.map(|time| time.0) };
        let kept = self.catalog.change(|content| {
            if if_taken == IfTaken::Refuse && content.tokens.contains_key(name) {
                return None;
            }
            let id = content.next_token;
            content.next_token = id.saturating_add(1);
            content.tokens.insert(name.to_owned(), stored(id));
            Some(id)
        });
        let id = kept.await.map_err(TokenError::NotKept)?.ok_or_else(|| TokenError::Exists(name.to_owned()))?;
        let (name, token) = (name.to_owned(), token.to_owned());
        let created_at = created.to_string();
        Ok(NewToken { id, name, token, hash, created_at, expiry: expires.map(|time| time.to_string()) })
    }

    /// Whether there is any token.
    pub(crate) fn exist(&self) -> bool {
        !self.catalog.now().tokens.is_empty()
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// [`TokenError::Operator`] for the first one, which would leave nobody in.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), TokenError> {
        if name == OPERATOR {
            return Err(TokenError::Operator);
        }
        let deleted = self.catalog.change(|content| content.tokens.remove(name)).await.map_err(TokenError::NotKept)?;
        deleted.map(|_| ()).ok_or_else(|| TokenError::NotFound(name.to_owned()))
    }

    /// Whether `token` is one.
    pub(crate) fn admits(&self, token: &str) -> bool {
        let (presented, now) = (hash(token), self.clock.now().0);
        // All of them are looked at, whole: how long it takes tells nothing.
        self.catalog.now().tokens.values().fold(false, |admitted, stored| {
            let is_same = bool::from(stored.hash.as_bytes().ct_eq(presented.as_bytes()));
            admitted | (is_same & stored.expires.is_none_or(|expires| now < expires))
        })
    }
}

fn hash(token: &str) -> String {
    Sha512::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate::FakeClock;

    fn tokens() -> (tempfile::TempDir, FakeClock, Tokens) {
        let directory = tempfile::tempdir().unwrap();
        let (catalog, clock) = (Arc::new(Catalog::open(directory.path()).unwrap()), FakeClock::new(Timestamp(0)));
        let tokens = Tokens::new(catalog, Arc::new(clock.clone()));
        (directory, clock, tokens)
    }

    #[tokio::test]
    async fn the_operators_token_is_made_once_and_can_be_replaced() {
        let (_directory, _, tokens) = tokens();
        assert!(tokens.regenerate_operator().await.is_err());
        let first = tokens.create_operator().await.unwrap();
        assert!(first.token.starts_with("apiv3_") && first.token.len() == 92, "{}", first.token);
        assert!(tokens.admits(&first.token) && !tokens.admits("apiv3_") && !tokens.admits(&first.hash));
        assert!(tokens.create_operator().await.is_err());

        let second = tokens.regenerate_operator().await.unwrap();
        assert!(tokens.admits(&second.token) && !tokens.admits(&first.token));
        assert!(tokens.delete(OPERATOR).await.is_err());
    }

    #[tokio::test]
    async fn a_token_is_good_until_it_expires_or_is_deleted() {
        let (_directory, clock, tokens) = tokens();
        let brief = tokens.create_named("brief", Some(Duration::from_secs(10))).await.unwrap();
        let other = tokens.create_named("other", None).await.unwrap();
        assert_eq!(
            tokens.create_named("other", None).await.unwrap_err().to_string(),
            "token name already exists, other"
        );
        assert!(tokens.create_named("", None).await.is_err());
        assert!(tokens.admits(&brief.token) && tokens.admits(&other.token));
        clock.advance(Duration::from_secs(10));
        assert!(!tokens.admits(&brief.token));
        tokens.delete("other").await.unwrap();
        assert!(!tokens.admits(&other.token) && tokens.delete("other").await.is_err());
    }

    #[tokio::test]
    async fn a_token_that_is_brought_is_the_operators() {
        let (_directory, _, tokens) = tokens();
        let file = |token: &str| TokenFile { token: token.to_owned(), expiry_millis: None };
        for weak in ["", "apiv3_", "apiv3_short", &"x".repeat(90)] {
            assert!(matches!(tokens.adopt(file(weak)).await, Err(TokenError::Weak)), "{weak}");
        }
        let (one, other) = (format!("apiv3_{}", "1".repeat(40)), format!("apiv3_{}", "2".repeat(40)));
        assert!(!tokens.exist());
        tokens.adopt(file(&one)).await.unwrap();
        tokens.adopt(file(&one)).await.unwrap();
        assert!(matches!(tokens.adopt(file(&other)).await, Err(TokenError::Other)));
        assert!(tokens.exist() && tokens.admits(&one) && !tokens.admits(&other));
        assert!(tokens.create_operator().await.is_err());
    }

    #[tokio::test]
    async fn no_token_is_kept_as_it_is() {
        let (directory, _, tokens) = tokens();
        let token = tokens.create_operator().await.unwrap().token;
        let file = std::fs::read_to_string(directory.path().join("catalog.json")).unwrap();
        assert!(!file.contains(&token) && file.contains(OPERATOR));
    }
}
