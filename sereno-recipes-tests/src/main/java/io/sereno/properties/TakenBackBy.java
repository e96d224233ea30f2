package io.sereno.properties;

/** What may undo acknowledged calls. */
public enum TakenBackBy {
    NOTHING,
    /** A caller or an operator deletes entries; then a property must be asked about every state of the store. */
    DELETION,
    /** The store itself loses writes; then a property checks little more than how calls end. */
    STORE
}
