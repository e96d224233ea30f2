package io.sereno.examples.backend;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Write;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** How client and server of remote shelves write things to each other. The records check the values that are read. */
final class Wire {
    /** The first bytes of each connection, from either side: the name of the protocol, and its version. */
    static final long GREETING = 0x5348454C46_01L;

    /** What a request asks for; the first byte of each. */
    enum Request {
        READ(0),
        COMMIT(1),
        GRANT(2),
        RENEW(3),
        REVOKE(4),
        /** From now on the server sets each new watch of this client for this connection. */
        ATTACH(5),
        /**
         * Sets these watches, too. From now on the server sends notices over this connection: the number of a watch, a name
         * and a revision. Without a name it is a reset; number 0 only says that the server is there.
         */
        LISTEN(6),
        /** Sets a watch for the connection that the client has attached; false if there is none. */
        WATCH(7),
        UNWATCH(8);

        final int number;

        Request(int number) {
            this.number = number;
        }

        static Request from(DataInputStream in) throws IOException {
            int number = in.readUnsignedByte();
            for (Request request : values()) {
                if (request.number == number) {
                    return request;
                }
            }
            throw new IOException("request " + number + " is not known");
        }
    }

    private Wire() {}

    static void write(DataOutputStream out, Query query) throws IOException {
        out.writeByte(query instanceof Query.All ? 0 : query instanceof Query.One ? 1 : 2);
        out.writeUTF(query.directory());
        if (query instanceof Query.One one) {
            out.writeUTF(one.name());
        } else if (query instanceof Query.Range range) {
            out.writeUTF(range.after());
            out.writeInt(range.limit());
        }
    }

    static Query readQuery(DataInputStream in) throws IOException {
        int kind = in.readByte();
        String directory = in.readUTF();
        return switch (kind) {
            case 0 -> new Query.All(directory);
            case 1 -> new Query.One(directory, in.readUTF());
            default -> new Query.Range(directory, in.readUTF(), in.readInt());
        };
    }

    static void write(DataOutputStream out, Target target) throws IOException {
        out.writeUTF(target.directory());
        out.writeUTF(target.name().orElse(""));
    }

    static Target readTarget(DataInputStream in) throws IOException {
        String directory = in.readUTF();
        return new Target(directory, Optional.of(in.readUTF()).filter(name -> !name.isEmpty()));
    }

    static void write(DataOutputStream out, Commit commit) throws IOException {
        out.writeUTF(commit.directory());
        out.writeInt(commit.conditions().size());
        for (Condition condition : commit.conditions()) {
            boolean hasCreate = condition instanceof Condition.CreateRevision;
            boolean hasMod = condition instanceof Condition.ModRevision;
            out.writeByte(hasCreate ? 2 : hasMod ? 3 : condition instanceof Condition.Present ? 1 : 0);
            out.writeUTF(condition.name());
            if (condition instanceof Condition.CreateRevision create) {
                out.writeLong(create.revision());
            } else if (condition instanceof Condition.ModRevision mod) {
                out.writeLong(mod.revision());
            }
        }
        out.writeInt(commit.writes().size());
        for (Write write : commit.writes()) {
            out.writeBoolean(write instanceof Write.Put);
            out.writeUTF(write.name());
            if (write instanceof Write.Put put) {
                write(out, put.value());
                out.writeLong(put.leaseId());
            }
        }
        out.writeBoolean(commit.returning().isPresent());
        if (commit.returning().isPresent()) {
            write(out, commit.returning().get());
        }
    }

    static Commit readCommit(DataInputStream in) throws IOException {
        String directory = in.readUTF();
        List<Condition> conditions = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            int kind = in.readByte();
            String name = in.readUTF();
            conditions.add(
                    switch (kind) {
                        case 0 -> new Condition.Absent(name);
                        case 1 -> new Condition.Present(name);
                        case 2 -> new Condition.CreateRevision(name, in.readLong());
                        default -> new Condition.ModRevision(name, in.readLong());
                    });
        }
        List<Write> writes = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            boolean isPut = in.readBoolean();
            String name = in.readUTF();
            writes.add(isPut ? new Write.Put(name, readBytes(in), in.readLong()) : new Write.Delete(name));
        }
        return new Commit(
                directory, conditions, writes, in.readBoolean() ? Optional.of(readQuery(in)) : Optional.empty());
    }

    static void write(DataOutputStream out, CommitResult result) throws IOException {
        if (result instanceof CommitResult.LeaseDead) {
            out.writeByte(0);
            return;
        }
        Optional<Snapshot> returned;
        if (result instanceof CommitResult.Committed committed) {
            out.writeByte(1);
            out.writeLong(committed.revision());
            returned = committed.snapshot();
        } else {
            out.writeByte(2);
            returned = ((CommitResult.Conflict) result).snapshot();
        }
        out.writeBoolean(returned.isPresent());
        if (returned.isPresent()) {
            write(out, returned.get());
        }
    }

    /** A snapshot that does not fit is left out (READ-8c). */
    static CommitResult readResult(DataInputStream in, Predicate<Snapshot> fits) throws IOException {
        return switch (in.readByte()) {
            case 0 -> new CommitResult.LeaseDead();
            case 1 -> new CommitResult.Committed(in.readLong(), readReturned(in).filter(fits));
            default -> new CommitResult.Conflict(readReturned(in).filter(fits));
        };
    }

    private static Optional<Snapshot> readReturned(DataInputStream in) throws IOException {
        return in.readBoolean() ? Optional.of(readSnapshot(in)) : Optional.empty();
    }

    static void write(DataOutputStream out, Snapshot snapshot) throws IOException {
        out.writeBoolean(snapshot.more());
        out.writeInt(snapshot.entries().size());
        for (Entry entry : snapshot.entries()) {
            out.writeUTF(entry.name());
            write(out, entry.value());
            out.writeLong(entry.createRevision());
            out.writeLong(entry.modRevision());
            out.writeLong(entry.leaseId());
        }
    }

    static Snapshot readSnapshot(DataInputStream in) throws IOException {
        boolean more = in.readBoolean();
        List<Entry> entries = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            entries.add(new Entry(in.readUTF(), readBytes(in), in.readLong(), in.readLong(), in.readLong()));
        }
        return new Snapshot(entries, more);
    }

    private static void write(DataOutputStream out, Bytes value) throws IOException {
        out.writeInt(value.size());
        out.write(value.toArray());
    }

    private static Bytes readBytes(DataInputStream in) throws IOException {
        byte[] value = new byte[in.readInt()];
        in.readFully(value);
        return Bytes.copyOf(value);
    }
}
