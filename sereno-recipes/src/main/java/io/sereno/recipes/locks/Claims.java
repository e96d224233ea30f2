package io.sereno.recipes.locks;

import io.sereno.LockSet;
import io.sereno.LockView;
import io.sereno.Sereno;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The names that a place claims, in the order of their bytes. Stored as lines {@code write NAME} and {@code read NAME} after the card.
 *
 * @param write to be held alone
 * @param read to be held together with other readers
 */
public record Claims(SortedSet<String> write, SortedSet<String> read) {
    private static final String WRITE = "write";
    private static final String READ = "read";
    /** What a lock with one name claims in its directory. */
    private static final Set<String> LOCK = Set.of("lock");

    static final Claims WRITE_LOCK = new Claims(LOCK, Set.of());
    static final Claims READ_LOCK = WRITE_LOCK.weakened();
    /** Of an entry that does not say what it claims, or in a way that this version cannot read: it conflicts with all. */
    static final Claims NOT_READABLE = new Claims(Set.of(), Set.of());

    private Claims(Set<String> write, Set<String> read) {
        this(sorted(write), sorted(read));
    }

    private static SortedSet<String> sorted(Collection<String> names) {
        SortedSet<String> sorted = new TreeSet<>(Names.ORDER);
        sorted.addAll(names);
        return Collections.unmodifiableSortedSet(sorted);
    }

    /** The claims of a user; refuses those that are not accepted. */
    static Claims ofWriter(Set<String> write, Set<String> read) {
        Claims claims = checked(write, read);
        if (claims.write.isEmpty()) {
            throw new IllegalArgumentException(
                    "there is no name to write; to read alone, acquireRead and tryAcquireRead are accepted");
        }
        return claims;
    }

    static Claims ofReader(Set<String> read) {
        Claims claims = checked(Set.of(), read);
        if (claims.isEmpty()) {
            throw new IllegalArgumentException("there is no name; 1 to " + LockSet.MAX_NAMES + " names are accepted");
        }
        return claims;
    }

    private static Claims checked(Set<String> write, Set<String> read) {
        Claims claims = new Claims(checked("write", write), checked("read", read));
        for (String name : claims.write) {
            if (claims.read.contains(name)) {
                throw new IllegalArgumentException(
                        "name '" + Names.printable(name)
                                + "' is both to be written and to be read; whoever writes may read, so leave it out of the names to read");
            }
        }
        int count = claims.write.size() + claims.read.size();
        if (count > LockSet.MAX_NAMES) {
            throw new IllegalArgumentException(
                    "there are " + count + " names; 1 to " + LockSet.MAX_NAMES + " are accepted");
        }
        int bytes = bytes(claims.write) + bytes(claims.read);
        if (bytes > LockSet.MAX_TOTAL_BYTES) {
            throw new IllegalArgumentException("the names take " + bytes + " bytes as they are stored; at most "
                    + LockSet.MAX_TOTAL_BYTES + " are accepted");
        }
        return claims;
    }

    /** A copy: the caller's set may change meanwhile. */
    private static Set<String> checked(String what, Set<String> names) {
        Objects.requireNonNull(names, () -> "the names to " + what + " are null");
        Set<String> copy = new HashSet<>(names);
        for (String name : copy) {
            Objects.requireNonNull(name, () -> "a name to " + what + " is null");
            Names.check("name to " + what, name, Sereno.MAX_NAME_BYTES);
        }
        return copy;
    }

    private static int bytes(Set<String> names) {
        return names.stream()
                .mapToInt(name -> Card.escape(name).getBytes(StandardCharsets.UTF_8).length)
                .sum();
    }

    /** What an entry claims; empty if it does not say, or says it in a way that this version cannot read. */
    static Claims of(Entry entry) {
        SortedSet<String> write = new TreeSet<>(Names.ORDER);
        SortedSet<String> read = new TreeSet<>(Names.ORDER);
        for (String line : entry.value().toUtf8().split("\n", -1)) {
            String[] words = line.split(" ", -1);
            boolean writes = words[0].equals(WRITE);
            if (!writes && !words[0].equals(READ)) {
                continue;
            }
            if (words.length != 2) {
                return NOT_READABLE;
            }
            (writes ? write : read).add(Card.unescape(words[1]));
        }
        return new Claims(write, read);
    }

    /** As further lines of a card. */
    String lines() {
        StringBuilder lines = new StringBuilder();
        write.forEach(name -> line(lines, WRITE, name));
        read.forEach(name -> line(lines, READ, name));
        return lines.toString();
    }

    private static void line(StringBuilder lines, String mode, String name) {
        lines.append(mode).append(' ').append(Card.escape(name)).append('\n');
    }

    boolean isEmpty() {
        return write.isEmpty() && read.isEmpty();
    }

    /** Whether several holders of these claims may hold them at the same time. */
    public boolean isShared() {
        return write.isEmpty();
    }

    /** Whether they share a name that either writes. */
    boolean conflictsWith(Claims other) {
        return meet(write, other.write) || meet(write, other.read) || meet(read, other.write);
    }

    /** As above; an entry that does not say what it claims conflicts with all, and so does one that no client has put. */
    boolean conflictsWith(Entry entry) {
        Claims theirs = of(entry);
        return theirs.conflictsWithAll(entry) || conflictsWith(theirs);
    }

    /** Whether an entry with these claims conflicts with all others. */
    boolean conflictsWithAll(Entry entry) {
        return Turn.isForeign(entry) || isEmpty();
    }

    /** Whether whatever conflicts with these claims conflicts with the others too. */
    boolean covers(Claims other) {
        return write.containsAll(other.write) && write.containsAll(other.read);
    }

    private static boolean meet(Set<String> some, Set<String> others) {
        return !some.isEmpty() && !others.isEmpty() && !Collections.disjoint(some, others);
    }

    /** All these names, to be read only. */
    Claims weakened() {
        SortedSet<String> all = new TreeSet<>(read);
        all.addAll(write);
        return new Claims(Set.of(), all);
    }

    /** An entry with these claims as users see it. */
    LockView.Place place(Entry entry, boolean holds) {
        Card card = Card.decode(entry.value());
        boolean foreign = Turn.isForeign(entry);
        boolean shared = !conflictsWithAll(entry) && isShared();
        OptionalLong token = holds && !foreign && !shared
                ? OptionalLong.of(FencingToken.of(entry.createRevision(), 0))
                : OptionalLong.empty();
        return new LockView.Place(
                entry.name(),
                card.nodeId(),
                card.since(),
                shared ? LockView.Kind.SHARED : LockView.Kind.EXCLUSIVE,
                1,
                token,
                foreign);
    }
}
