/** A queue that takes the same time for each element, however many there are. */
export class Fifo<Element> {
  private readonly elements: Element[] = [];
  /** The index of the first element; those before it have been removed. */
  private start = 0;

  get length(): number {
    return this.elements.length - this.start;
  }

  get first(): Element | undefined {
    return this.elements[this.start];
  }

  add(element: Element): void {
    this.elements.push(element);
  }

  /** Removes the first element. */
  next(): Element | undefined {
    if (this.length === 0) {
      return undefined;
    }
    const { first } = this;
    this.start++;
    if (this.start * 2 > this.elements.length) {
      this.elements.splice(0, this.start);
      this.start = 0;
    }
    return first;
  }
}
