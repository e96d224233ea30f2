package io.sereno.recipes.value;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Quote;
import io.sereno.spi.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the entry of a value holds: the value as its codec made it, and how many changes the entry has seen, so that changes with one commit, and so
 * with one modRevision, have different versions. The cell creates the entry before the first change; that is change 0, and there is no value then.
 */
record ValueState(long change, Bytes payload) {
    static final ValueState NONE = new ValueState(0, Bytes.EMPTY);
    static final Cells.Format<ValueState> FORMAT = new Format();

    boolean exists() {
        return change > 0;
    }

    ValueState with(Bytes next) {
        return new ValueState(change + 1, next);
    }

    private static final class Format implements Cells.Format<ValueState> {
        private static final String HEADER = "sereno/1 value";
        private static final String CHANGE = "change ";

        @Override
        public ValueState initial() {
            return NONE;
        }

        @Override
        public Bytes encode(ValueState state) {
            byte[] head = (HEADER + "\n" + CHANGE + state.change + "\n\n").getBytes(StandardCharsets.US_ASCII);
            ByteBuffer octets = ByteBuffer.allocate(head.length + state.payload.size());
            return Bytes.copyOf(
                    octets.put(head).put(state.payload.asReadOnlyBuffer()).array());
        }

        @Override
        public ValueState decode(Bytes value) {
            byte[] octets = value.toArray();
            int end = endOfHead(octets);
            String[] head = new String(octets, 0, end, StandardCharsets.UTF_8).split("\n", -1);
            if (end < octets.length && head[0].equals(HEADER)) {
                for (String line : head) {
                    if (line.matches(CHANGE + "[0-9]{1,18}")) {
                        return new ValueState(
                                Long.parseLong(line.substring(CHANGE.length())),
                                Bytes.copyOf(Arrays.copyOfRange(octets, end + 2, octets.length)));
                    }
                }
            }
            throw new UnreadableEntryException(
                    "an entry that should hold a shared value holds " + Quote.of(value.toUtf8()), null);
        }

        /** The index of the empty line after the head; the length if there is none. */
        private static int endOfHead(byte[] octets) {
            for (int i = 0; i + 1 < octets.length; i++) {
                if (octets[i] == '\n' && octets[i + 1] == '\n') {
                    return i;
                }
            }
            return octets.length;
        }
    }
}
