//! Who may talk to the server.
//!
//! A token is random; only its hash is kept. It is an administrator's, as all are
//! in InfluxDB 3 Core, or a tenant's, which permits some actions in some databases.

mod error;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha512};
use subtle::ConstantTimeEq as _;
use tidegate::{Clock, TenantId, Timestamp};

use crate::catalog::{Catalog, Content, StoredHolder, StoredToken};
use crate::permissions::Permissions;
pub(crate) use error::TokenError;

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
    /// Of a tenant's token.
    #[serde(flatten)]
    holder: Option<StoredHolder>,
}

impl NewToken {
    /// The token itself.
    pub(crate) fn secret(&self) -> &str {
        &self.token
    }
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holder {
    /// An administrator's.
    Administrator,
    /// A tenant's, who may do what it permits.
    Tenant(TenantId, Permissions),
}

/// What a token is to be.
struct Wanted<'a> {
    name: &'a str,
    expires: Option<Timestamp>,
    holder: Holder,
    if_taken: IfTaken,
}

/// A token that was made without a server, in a file.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenFile {
    token: String,
    /// Milliseconds since 1970.
    expiry_millis: Option<i64>,
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
        self.create(Wanted::operators(IfTaken::Refuse)).await
    }

    /// Makes the operator's token anew: the old one is good for nothing more.
    ///
    /// # Errors
    /// [`TokenError::NotFound`] if there is none.
    pub(crate) async fn regenerate_operator(&self) -> Result<NewToken, TokenError> {
        if !self.catalog.now().tokens.contains_key(OPERATOR) {
            return Err(TokenError::NotFound(OPERATOR.to_owned()));
        }
        self.create(Wanted::operators(IfTaken::Replace)).await
    }

    /// Makes a token called `name` for `holder`, good for as long as it says.
    ///
    /// # Errors
    /// [`TokenError::Exists`] if the name is taken, [`TokenError::NoTenant`] if
    /// there is no such holder.
    pub(crate) async fn create_named(
        &self,
        name: &str,
        expiry: Option<Duration>,
        holder: Holder,
    ) -> Result<NewToken, TokenError> {
        let is_name = (1..=128).contains(&name.chars().count()) && !name.contains(char::is_control);
        if !is_name {
            return Err(TokenError::Name(name.to_owned()));
        }
        if matches!(&holder, Holder::Tenant(_, permissions) if permissions.are_empty()) {
            return Err(TokenError::Powerless);
        }
        let expires = expiry.map(|expiry| self.clock.now().saturating_add(expiry));
        self.create(Wanted { name, expires, holder, if_taken: IfTaken::Refuse }).await
    }

    async fn create(&self, wanted: Wanted<'_>) -> Result<NewToken, TokenError> {
        let mut bytes = [0_u8; 64];
        SysRng.try_fill_bytes(&mut bytes).map_err(|_| TokenError::NoChance)?;
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        self.keep(&token, wanted).await
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
        let wanted = Wanted { expires, ..Wanted::operators(IfTaken::Refuse) };
        self.keep(&file.token, wanted).await.map(|_| ())
    }

    async fn keep(&self, token: &str, wanted: Wanted<'_>) -> Result<NewToken, TokenError> {
        let Wanted { name, expires, holder, if_taken } = wanted;
        let (hash, created) = (hash(token), self.clock.now());
        let stored = StoredToken {
            id: 0,
            hash: hash.clone(),
            created: Some(created.0),
            expires: expires.map(|time| time.0),
            holder: holder.stored(),
        };
        let told = stored.holder.clone();
        let kept = self.catalog.change(|content| {
            if if_taken == IfTaken::Refuse && content.tokens.contains_key(name) {
                return Err(TokenError::Exists(name.to_owned()));
            }
            if let Holder::Tenant(tenant, _) = holder
                && !content.has_tenant(&tenant)
            {
                return Err(TokenError::NoTenant(tenant));
            }
            let id = content.next_token;
            content.next_token = id.saturating_add(1);
            content.tokens.insert(name.to_owned(), StoredToken { id, ..stored });
            Ok(id)
        });
        let id = kept.await.map_err(TokenError::NotKept)??;
        let (name, token) = (name.to_owned(), token.to_owned());
        let (created_at, expiry) = (created.to_string(), expires.map(|time| time.to_string()));
        Ok(NewToken { id, name, token, hash, created_at, expiry, holder: told })
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

    /// Whose `token` is; nobody's if it is none, or good no longer.
    pub(crate) fn holder(&self, token: &str) -> Option<Holder> {
        let (presented, now) = (hash(token), self.clock.now().0);
        let content = self.catalog.now();
        // All of them are looked at, whole: how long it takes tells nothing.
        let found = content.tokens.values().fold(None, |found, stored| {
            let is_same = bool::from(stored.hash.as_bytes().ct_eq(presented.as_bytes()));
            let is_good = stored.expires.is_none_or(|expires| now < expires);
            if is_same & is_good { Some(stored) } else { found }
        });
        Holder::of(found?, &content)
    }
}

impl Wanted<'_> {
    fn operators(if_taken: IfTaken) -> Self {
        Self { name: OPERATOR, expires: None, holder: Holder::Administrator, if_taken }
    }
}

impl Holder {
    /// Whose a token is that is kept; nobody's if that tenant is gone.
    fn of(token: &StoredToken, content: &Content) -> Option<Self> {
        let Some(StoredHolder { tenant, permissions }) = &token.holder else { return Some(Self::Administrator) };
        let tenant = TenantId::new(tenant).ok().filter(|tenant| content.has_tenant(tenant))?;
        Some(Self::Tenant(tenant, permissions.clone()))
    }

    fn stored(&self) -> Option<StoredHolder> {
        match self {
            Self::Administrator => None,
            Self::Tenant(tenant, permissions) => {
                Some(StoredHolder { tenant: tenant.to_string(), permissions: permissions.clone() })
            }
        }
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

    fn admits(tokens: &Tokens, token: &str) -> bool {
        tokens.holder(token).is_some()
    }

    #[tokio::test]
    async fn the_operators_token_is_made_once_and_can_be_replaced() {
        let (_directory, _, tokens) = tokens();
        assert!(tokens.regenerate_operator().await.is_err());
        let first = tokens.create_operator().await.unwrap();
        assert!(first.token.starts_with("apiv3_") && first.token.len() == 92, "{}", first.token);
        assert!(admits(&tokens, &first.token) && !admits(&tokens, "apiv3_") && !admits(&tokens, &first.hash));
        assert!(tokens.create_operator().await.is_err());

        let second = tokens.regenerate_operator().await.unwrap();
        assert!(admits(&tokens, &second.token) && !admits(&tokens, &first.token));
        assert!(tokens.delete(OPERATOR).await.is_err());
    }

    #[tokio::test]
    async fn a_token_is_good_until_it_expires_or_is_deleted() {
        let (_directory, clock, tokens) = tokens();
        let brief = tokens.create_named("brief", Some(Duration::from_secs(10)), Holder::Administrator).await.unwrap();
        let other = tokens.create_named("other", None, Holder::Administrator).await.unwrap();
        assert_eq!(
            tokens.create_named("other", None, Holder::Administrator).await.unwrap_err().to_string(),
            "token name already exists, other"
        );
        assert!(tokens.create_named("", None, Holder::Administrator).await.is_err());
        assert!(admits(&tokens, &brief.token) && admits(&tokens, &other.token));
        clock.advance(Duration::from_secs(10));
        assert!(!admits(&tokens, &brief.token));
        tokens.delete("other").await.unwrap();
        assert!(!admits(&tokens, &other.token) && tokens.delete("other").await.is_err());
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
        assert!(tokens.exist() && admits(&tokens, &one) && !admits(&tokens, &other));
        assert!(tokens.create_operator().await.is_err());
    }

    #[tokio::test]
    async fn no_token_is_kept_as_it_is() {
        let (directory, _, tokens) = tokens();
        let token = tokens.create_operator().await.unwrap().token;
        let file = std::fs::read_to_string(directory.path().join("catalog.json")).unwrap();
        assert!(!file.contains(&token) && file.contains(OPERATOR));
    }

    #[tokio::test]
    async fn a_tenants_token_is_the_tenants_for_as_long_as_there_is_one() {
        let (_directory, _, tokens) = tokens();
        let acme = TenantId::new("acme").unwrap();
        let permissions = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Permissions>();
        let holder = |texts: &[&str]| Holder::Tenant(acme.clone(), permissions(texts));
        let create = |texts: &'static [&'static str]| tokens.create_named("ci", None, holder(texts));
        assert!(matches!(create(&["db:a:read"]).await, Err(TokenError::NoTenant(_))));
        tokens.catalog.change(|content| content.tenant_mut("acme").databases.clear()).await.unwrap();
        assert!(matches!(create(&[]).await, Err(TokenError::Powerless)));
        let made = create(&["db:a:read"]).await.unwrap();
        assert_eq!(tokens.holder(&made.token), Some(holder(&["db:a:read"])));
        let json = serde_json::to_value(&made).unwrap();
        assert_eq!((&json["tenant"], &json["permissions"][0]["actions"][0]), (&"acme".into(), &"read".into()));

        tokens.catalog.change(|content| content.tenants.clear()).await.unwrap();
        assert_eq!(tokens.holder(&made.token), None);
    }
}
