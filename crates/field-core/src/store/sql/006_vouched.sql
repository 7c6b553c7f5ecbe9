-- Whether a statement's signature was found to hold: when it was kept, or by the first reading of a store of the
-- version before. Empty: nobody has looked yet. "verify" asks every signature again, whatever stands here.
ALTER TABLE statement ADD COLUMN holds INTEGER;
