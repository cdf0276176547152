-- One shop's file. There is no shop column: the file is the shop.
-- Times are milliseconds since 1970 in UTC, truth values 0 or 1, ids UUIDs.
PRAGMA application_id = 1279348811; -- 'LAPK'
PRAGMA user_version = 1;

-- Who this file belongs to. It must equal the catalog's row and the replica's
-- path; open, restore, import and move refuse a difference.
CREATE TABLE seal (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  shop       TEXT    NOT NULL,
  uuid       TEXT    NOT NULL,
  epoch      INTEGER NOT NULL CHECK (epoch > 0),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE designs (
  n           INTEGER PRIMARY KEY,
  id          TEXT    NOT NULL UNIQUE,
  product_id  TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  is_template INTEGER NOT NULL DEFAULT 0 CHECK (is_template IN (0, 1)),
  owner       TEXT    NOT NULL DEFAULT '', -- a shopper: customer id or hash of a claim token; '' is the merchant
  version     INTEGER NOT NULL DEFAULT 1,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX designs_updated ON designs (updated_at);
CREATE INDEX designs_product ON designs (product_id, updated_at);
CREATE INDEX designs_template ON designs (product_id, updated_at) WHERE is_template = 1;
CREATE INDEX designs_templates ON designs (updated_at) WHERE is_template = 1;
CREATE INDEX designs_owner ON designs (owner, updated_at);

-- A design's JSON is large and lists never show it, so it lives apart.
CREATE TABLE design_json (
  n     INTEGER PRIMARY KEY REFERENCES designs (n) ON DELETE CASCADE,
  json  TEXT    NOT NULL,
  extra TEXT -- JSON, here and below: what the app before had and there is no column for
) STRICT;

CREATE TABLE configs (
  n          INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL,
  product_id TEXT    NOT NULL UNIQUE,
  title      TEXT    NOT NULL DEFAULT '',
  image_url  TEXT    NOT NULL DEFAULT '',
  config     TEXT    NOT NULL,
  enabled    INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  version    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  extra      TEXT
) STRICT;
CREATE INDEX configs_updated ON configs (updated_at);

-- The bytes are in the assets bucket under SHOP/TYPE/SHA256.EXT.
CREATE TABLE assets (
  n            INTEGER PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  type         TEXT    NOT NULL CHECK (type IN ('gallery', 'base-images', 'fonts', 'designs')),
  name         TEXT    NOT NULL,
  content_type TEXT    NOT NULL,
  object       TEXT    NOT NULL, -- TYPE/SHA256.EXT
  size         INTEGER NOT NULL,
  width        INTEGER, -- pixels; NULL where it is no image
  height       INTEGER,
  owner        TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  extra        TEXT
) STRICT;
CREATE INDEX assets_created ON assets (created_at);
CREATE INDEX assets_type ON assets (type, created_at);
CREATE INDEX assets_object ON assets (object, size);
CREATE INDEX assets_owner ON assets (owner);
CREATE INDEX assets_name ON assets (name);

-- What is used, carried on from month to month; the newest row is now. The row
-- of month '' is where a new shop starts.
CREATE TABLE usage (
  month         TEXT    PRIMARY KEY, -- YYYY-MM in the shop's time zone
  products      INTEGER NOT NULL DEFAULT 0,
  assets        INTEGER NOT NULL DEFAULT 0,
  designs       INTEGER NOT NULL DEFAULT 0,
  storage_bytes INTEGER NOT NULL DEFAULT 0, -- sum of distinct objects
  uploads       INTEGER NOT NULL DEFAULT 0, -- of this month
  orders        INTEGER NOT NULL DEFAULT 0, -- of this month
  updated_at    INTEGER NOT NULL DEFAULT 0,
  extra         TEXT -- not NULL: the month was adopted
) STRICT, WITHOUT ROWID;
INSERT INTO usage (month) VALUES ('');

CREATE TABLE audit (
  n           INTEGER PRIMARY KEY, -- order of the commits
  id          TEXT    NOT NULL,
  action      TEXT    NOT NULL, -- CREATE, UPDATE, DELETE, RESTORE, LOGIN, …
  resource    TEXT    NOT NULL, -- design, asset, config, settings, shop, …
  resource_id TEXT,
  user_id     TEXT,
  user_email  TEXT,
  ip_address  TEXT,
  before      TEXT, -- JSON
  after       TEXT, -- JSON
  created_at  INTEGER NOT NULL,
  extra       TEXT
) STRICT;
CREATE INDEX audit_created ON audit (created_at);
CREATE INDEX audit_action ON audit (action, created_at);
CREATE INDEX audit_resource ON audit (resource, created_at);

-- Shopify's sessions of this shop. Tokens are encrypted by the program's secret
-- key, bound to the shop.
CREATE TABLE sessions (
  id                 TEXT    PRIMARY KEY,
  state              TEXT    NOT NULL DEFAULT '',
  is_online          INTEGER NOT NULL DEFAULT 0 CHECK (is_online IN (0, 1)),
  scope              TEXT    NOT NULL DEFAULT '',
  access_token       BLOB,
  refresh_token      BLOB,
  user_id            TEXT,
  user_json          TEXT,
  expires_at         INTEGER, -- NULL: never
  refresh_expires_at INTEGER,
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  extra              TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_expires ON sessions (expires_at) WHERE expires_at IS NOT NULL;

-- What happened once and must not count twice, such as 'order:1001'.
CREATE TABLE applied (
  key TEXT    PRIMARY KEY,
  at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX applied_at ON applied (at);

-- Customers who asked what is known about them; the answer is made when the
-- merchant fetches it.
CREATE TABLE data_requests (
  id           TEXT    PRIMARY KEY,
  customer     TEXT    NOT NULL, -- Shopify's id
  orders       TEXT    NOT NULL DEFAULT '[]', -- JSON array of Shopify's ids
  requested_at INTEGER NOT NULL,
  fetched_at   INTEGER -- NULL: not yet handed over
) STRICT, WITHOUT ROWID;

-- What was deleted and can be brought back for a while.
CREATE TABLE trash (
  n          INTEGER PRIMARY KEY, -- order of the deletions
  id         TEXT    NOT NULL UNIQUE, -- the deleted thing's
  resource   TEXT    NOT NULL CHECK (resource IN ('design', 'asset', 'config')),
  name       TEXT    NOT NULL, -- a config's is its product's title
  product_id TEXT    NOT NULL DEFAULT '', -- '' for an asset
  owner      TEXT    NOT NULL DEFAULT '', -- the shopper whose it was
  by_owner   INTEGER NOT NULL DEFAULT 0 CHECK (by_owner IN (0, 1)), -- 1: the shopper deleted it, 0: the merchant did
  object     TEXT, -- of an asset: its bytes must stay
  weight     INTEGER NOT NULL, -- bytes that this side ever deleted, this one included
  deleted_at INTEGER NOT NULL,
  content    TEXT    NOT NULL -- JSON
) STRICT;
CREATE INDEX trash_side ON trash (by_owner);
CREATE INDEX trash_owner ON trash (owner);
CREATE INDEX trash_object ON trash (object) WHERE object IS NOT NULL;

-- Where the shop's rows came from, if it was adopted from the app before.
CREATE TABLE adopted (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  source     TEXT    NOT NULL, -- its address without the password
  at         INTEGER NOT NULL,
  last_audit INTEGER NOT NULL, -- the newest entry then: one with a larger n, or later than at, is a change made here
  settings   TEXT -- JSON of the shop's config there that has no place in the catalog
) STRICT;
