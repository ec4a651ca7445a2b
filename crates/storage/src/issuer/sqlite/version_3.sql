-- What is told of a credential that refuses nothing: whether a newer one is there, and which of the issuer's messages.
ALTER TABLE issuance ADD COLUMN refresh INTEGER NOT NULL DEFAULT 0 CHECK (refresh IN (0, 1));
ALTER TABLE issuance ADD COLUMN message INTEGER NOT NULL DEFAULT 0 CHECK (message BETWEEN 0 AND 255);
