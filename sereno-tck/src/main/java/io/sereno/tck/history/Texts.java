package io.sereno.tck.history;

import static java.util.stream.Collectors.joining;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;

/** Calls and replies in the terms of the specification, short enough for a drawing. */
final class Texts {
    private static final int LONGEST_VALUE = 24;

    private Texts() {}

    static String call(Call call) {
        if (call instanceof Call.Read read) {
            return "read " + query(read.query());
        }
        if (call instanceof Call.Commit commit) {
            return commit(commit.commit());
        }
        if (call instanceof Call.Grant grant) {
            return "grant lease of " + millis(grant.ttl());
        }
        if (call instanceof Call.Renew renew) {
            return "renew lease " + lease(renew.leaseId());
        }
        if (call instanceof Call.Revoke revoke) {
            return "revoke lease " + lease(revoke.leaseId());
        }
        if (call instanceof Call.OpenWatch watch) {
            return "watch " + watch.target().directory()
                    + watch.target().name().map(name -> "/" + name).orElse("") + " as w" + watch.watch();
        }
        return call instanceof Call.CancelWatch cancel ? "cancel w" + cancel.watch() : "close";
    }

    static String reply(Reply reply) {
        if (reply instanceof Reply.Found found) {
            return snapshot(found.snapshot());
        }
        if (reply instanceof Reply.Ended ended) {
            return result(ended.result());
        }
        if (reply instanceof Reply.Granted granted) {
            return "lease " + lease(granted.leaseId()) + " of " + millis(granted.ttl());
        }
        if (reply instanceof Reply.Renewed renewed) {
            return renewed.alive() ? "renewed" : "dead";
        }
        if (reply instanceof Reply.Failed failed) {
            return failed.outcome().toString();
        }
        return reply instanceof Reply.Done ? "done" : "no reply";
    }

    static String query(Query query) {
        if (query instanceof Query.One one) {
            return one.name();
        }
        if (query instanceof Query.Range range) {
            return range.limit() + " after '" + range.after() + "'";
        }
        return "all";
    }

    static String commit(Commit commit) {
        String writes = commit.writes().isEmpty()
                ? "check"
                : commit.writes().stream().map(Texts::write).collect(joining(", "));
        String conditions = commit.conditions().stream().map(Texts::condition).collect(joining(", "));
        return conditions.isEmpty()
                ? writes
                : commit.writes().isEmpty() ? "check " + conditions : writes + " if " + conditions;
    }

    static String condition(Condition condition) {
        if (condition instanceof Condition.CreateRevision created) {
            return condition.name() + " created at " + created.revision();
        }
        if (condition instanceof Condition.ModRevision modified) {
            return condition.name() + " put at " + modified.revision();
        }
        return condition.name() + (condition instanceof Condition.Absent ? " absent" : " present");
    }

    private static String write(Write write) {
        if (write instanceof Write.Put put) {
            return "put " + put.name() + "=" + value(put.value())
                    + (put.leaseId() == 0 ? "" : " under lease " + lease(put.leaseId()));
        }
        return "delete " + write.name();
    }

    private static String result(CommitResult result) {
        if (result instanceof CommitResult.Committed committed) {
            return "committed at " + committed.revision() + returned(committed.snapshot());
        }
        if (result instanceof CommitResult.Conflict conflict) {
            return "conflict" + returned(conflict.snapshot());
        }
        return "lease dead";
    }

    private static String returned(Optional<Snapshot> snapshot) {
        return snapshot.map(shown -> ", with " + snapshot(shown)).orElse("");
    }

    static String snapshot(Snapshot snapshot) {
        return snapshot.entries().stream()
                .map(Texts::entry)
                .collect(joining(", ", "{", snapshot.more() ? ", …}" : "}"));
    }

    /** {@code a=v7@12}, or {@code a=v7@12 (created 9)} where it has been put again since. */
    static String entry(Entry entry) {
        return entry.name() + "=" + value(entry.value()) + "@" + entry.modRevision()
                + (entry.createRevision() == entry.modRevision() ? "" : " (created " + entry.createRevision() + ")");
    }

    static String lease(long id) {
        return Long.toString(id, Character.MAX_RADIX);
    }

    static String millis(Duration duration) {
        return duration.toMillis() + " ms";
    }

    /** The text of a value, or its octets if it is not text. */
    static String value(Bytes value) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(value.toArray()))
                    .toString();
        } catch (CharacterCodingException notText) {
            text = "0x" + HexFormat.of().formatHex(value.toArray());
        }
        return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE - 1) + "…";
    }
}
