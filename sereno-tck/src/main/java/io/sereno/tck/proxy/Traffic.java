package io.sereno.tck.proxy;

/**
 * What went in one direction so far, over one connection or over all connections of a proxy, including closed ones. A
 * snapshot: the numbers of one instance belong to one moment.
 *
 * @param received bytes that the proxy read from the sender
 * @param delivered bytes that the proxy handed to the receiver's socket; the receiver need not have read them yet
 * @param held bytes that the proxy has at this moment, read and not delivered
 */
public record Traffic(long received, long delivered, long held) {
    static final Traffic NONE = new Traffic(0, 0, 0);

    /**
     * Bytes that were read and never will be delivered: discarded by {@code swallow}, or held when their connection was
     * reset.
     */
    public long dropped() {
        return received - delivered - held;
    }

    Traffic plus(long moreReceived, long moreDelivered, long moreHeld) {
        return new Traffic(received + moreReceived, delivered + moreDelivered, held + moreHeld);
    }

    @Override
    public String toString() {
        return received + " bytes received, " + delivered + " delivered, " + held + " held, " + dropped() + " dropped";
    }
}
