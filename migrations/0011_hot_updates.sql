-- Room on each page for the next version of a row. Somebody is suspended, or a group gets a member, without a change of what
-- is indexed: the new version then stays beside the old one and no index is touched (heap-only tuples).
alter table rollcall_data.resources set (fillfactor = 85);
alter table rollcall_data.accounts set (fillfactor = 90);

comment on column rollcall_data.resources.folded is 'attributes with lower-cased names and folded caseExact=false strings, for containment; without active and externalId, which have columns';
