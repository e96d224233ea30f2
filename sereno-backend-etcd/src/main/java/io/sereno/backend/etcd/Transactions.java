package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns commits into etcd transactions, and reads into ranges: one request each. A commit's read is part of its
 * request.
 *
 * <p>A commit that writes goes through etcd's log, and is evaluated there. A commit that does not write must contain a
 * range even if the caller asked for none: etcd answers a transaction without any operation from the local state of one
 * member. If that member were cut off from the others, such a check could give a lock away.
 */
final class Transactions {
    private final Keys keys;

    Transactions(Keys keys) {
        this.keys = keys;
    }

    /** Reads and deletes a key that never exists. Needs the rights of every commit, and goes through etcd's log. */
    static TxnRequest withoutEffect(Keys keys) {
        return TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder()
                        .setRequestRange(RangeRequest.newBuilder().setKey(keys.all())))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(keys.all())))
                .build();
    }

    TxnRequest request(Commit commit) {
        ByteString directory = keys.directory(commit.directory());
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (Condition condition : commit.conditions()) {
            request.addCompare(compare(directory, condition));
        }
        for (Write write : commit.writes()) {
            request.addSuccess(operation(directory, write));
        }
        Optional<RequestOp> returning = commit.returning()
                .map(query ->
                        RequestOp.newBuilder().setRequestRange(range(query)).build());
        if (returning.isPresent()) {
            request.addSuccess(returning.get()).addFailure(returning.get());
        } else if (commit.writes().isEmpty()) {
            request.addSuccess(quorum(directory));
        }
        return request.build();
    }

    CommitResult result(Commit commit, TxnResponse response) {
        Optional<Snapshot> snapshot = commit.returning().map(query -> {
            ResponseOp last = response.getResponses(response.getResponsesCount() - 1);
            return snapshot(query, last.getResponseRange());
        });
        if (!response.getSucceeded()) {
            return new CommitResult.Conflict(snapshot);
        }
        boolean changed = response.getResponsesList().stream().anyMatch(Transactions::changed);
        return new CommitResult.Committed(changed ? response.getHeader().getRevision() : 0, snapshot);
    }

    RangeRequest range(Query query) {
        ByteString directory = keys.directory(query.directory());
        RangeRequest.Builder range = RangeRequest.newBuilder();
        if (query instanceof Query.One one) {
            return range.setKey(Keys.entry(directory, one.name())).build();
        }
        range.setKey(directory).setRangeEnd(Keys.end(directory));
        if (query instanceof Query.Range part) {
            range.setLimit(part.limit());
            if (!part.after().isEmpty()) {
                range.setKey(Keys.next(Keys.entry(directory, part.after())));
            }
        }
        return range.build();
    }

    Snapshot snapshot(Query query, RangeResponse response) {
        ByteString directory = keys.directory(query.directory());
        List<Entry> entries = new ArrayList<>(response.getKvsCount());
        for (KeyValue stored : response.getKvsList()) {
            entries.add(new Entry(
                    Keys.name(directory, stored.getKey()),
                    Bytes.copyOf(stored.getValue().toByteArray()),
                    stored.getCreateRevision(),
                    stored.getModRevision(),
                    stored.getLease()));
        }
        return new Snapshot(entries, response.getMore());
    }

    private static RequestOp quorum(ByteString directory) {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(directory).setCountOnly(true))
                .build();
    }

    private static Compare compare(ByteString directory, Condition condition) {
        Compare.Builder compare = Compare.newBuilder()
                .setKey(Keys.entry(directory, condition.name()))
                .setResult(Compare.CompareResult.EQUAL)
                .setTarget(Compare.CompareTarget.CREATE);
        if (condition instanceof Condition.CreateRevision create) {
            compare.setCreateRevision(create.revision());
        } else if (condition instanceof Condition.ModRevision mod) {
            compare.setTarget(Compare.CompareTarget.MOD).setModRevision(mod.revision());
        } else {
            // Absent entries, and only they, have revision 0.
            compare.setCreateRevision(0);
            if (condition instanceof Condition.Present) {
                compare.setResult(Compare.CompareResult.GREATER);
            }
        }
        return compare.build();
    }

    private static RequestOp operation(ByteString directory, Write write) {
        ByteString key = Keys.entry(directory, write.name());
        RequestOp.Builder operation = RequestOp.newBuilder();
        if (write instanceof Write.Put put) {
            operation.setRequestPut(PutRequest.newBuilder()
                    .setKey(key)
                    .setValue(ByteString.copyFrom(put.value().asReadOnlyBuffer()))
                    .setLease(put.leaseId()));
        } else {
            operation.setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key));
        }
        return operation.build();
    }

    private static boolean changed(ResponseOp operation) {
        return operation.hasResponsePut() || operation.getResponseDeleteRange().getDeleted() > 0;
    }
}
