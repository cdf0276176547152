-- The row-level database that Lapak is measured against: one database for all
-- shops, each row with its shop, row security on every table, and the indexes
-- of the plan it comes from.
CREATE TABLE designs (
  id          uuid        PRIMARY KEY,
  shop        text        NOT NULL,
  product_id  text        NOT NULL,
  name        text        NOT NULL,
  is_template boolean     NOT NULL DEFAULT false,
  owner       text        NOT NULL DEFAULT '',
  version     bigint      NOT NULL DEFAULT 1,
  json        text        NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
-- Out of line and uncompressed: a list does not read it, a save does not
-- compress it.
ALTER TABLE designs ALTER COLUMN json SET STORAGE EXTERNAL;
CREATE INDEX ON designs (shop, product_id);
CREATE INDEX ON designs (shop, updated_at);
CREATE INDEX ON designs (shop, is_template);

CREATE TABLE configs (
  id         uuid        PRIMARY KEY,
  shop       text        NOT NULL,
  product_id text        NOT NULL,
  title      text        NOT NULL DEFAULT '',
  image_url  text        NOT NULL DEFAULT '',
  config     text        NOT NULL,
  enabled    boolean     NOT NULL DEFAULT true,
  version    bigint      NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (shop, product_id)
);
CREATE INDEX ON configs (shop);

-- Half-full pages, so that counting is an update within the page.
CREATE TABLE usage (
  shop          text   NOT NULL,
  month         text   NOT NULL,
  products      bigint NOT NULL DEFAULT 0,
  assets        bigint NOT NULL DEFAULT 0,
  designs       bigint NOT NULL DEFAULT 0,
  storage_bytes bigint NOT NULL DEFAULT 0,
  uploads       bigint NOT NULL DEFAULT 0,
  orders        bigint NOT NULL DEFAULT 0,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shop, month)
) WITH (fillfactor = 50);

CREATE TABLE audit (
  id          uuid        PRIMARY KEY,
  shop        text        NOT NULL,
  action      text        NOT NULL,
  resource    text        NOT NULL,
  resource_id text,
  user_id     text,
  user_email  text,
  ip_address  text,
  before      text,
  after       text,
  created_at  timestamptz NOT NULL
);
CREATE INDEX ON audit (shop, created_at);
CREATE INDEX ON audit (shop, action);
CREATE INDEX ON audit (shop, resource);

CREATE ROLE app LOGIN NOSUPERUSER NOBYPASSRLS;
GRANT SELECT, INSERT, UPDATE, DELETE ON designs, configs, usage, audit TO app;

ALTER TABLE designs ENABLE ROW LEVEL SECURITY;
ALTER TABLE designs FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON designs USING (shop = current_setting('app.shop', true)) WITH CHECK (shop = current_setting('app.shop', true));
ALTER TABLE configs ENABLE ROW LEVEL SECURITY;
ALTER TABLE configs FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON configs USING (shop = current_setting('app.shop', true)) WITH CHECK (shop = current_setting('app.shop', true));
ALTER TABLE usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON usage USING (shop = current_setting('app.shop', true)) WITH CHECK (shop = current_setting('app.shop', true));
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON audit USING (shop = current_setting('app.shop', true)) WITH CHECK (shop = current_setting('app.shop', true));
